SANDBOX_SRCS := \
	tests/sandbox/main.c \
	tests/sandbox/http.c \
	tests/sandbox/send.c \
	tests/sandbox/gzip.c \
	tests/sandbox/route.c \
	tests/sandbox/control.c \
	tests/sandbox/list.c \
	tests/sandbox/keep.c \
	tests/sandbox/batch.c \
	tests/sandbox/form.c \
	tests/sandbox/filter.c \
	tests/sandbox/order.c \
	tests/sandbox/prop.c \
	tests/sandbox/render.c \
	tests/sandbox/master.c \
	tests/sandbox/compact.c \
	tests/sandbox/patch.c \
	tests/sandbox/store.c \
	tests/sandbox/edit.c \
	tests/sandbox/fault.c \
	tests/sandbox/limit.c \
	tests/sandbox/log.c \
	tests/sandbox/when.c \
	tests/sandbox/buf.c
