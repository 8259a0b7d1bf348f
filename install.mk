# Installing, the tarball, the Debian package.

MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/psabill
UNITDIR ?= $(PREFIX)/lib/systemd/system
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

UNIT_FILES  := $(wildcard config/*.service config/*.timer)
EXAMPLES    := $(filter-out $(UNIT_FILES),$(wildcard config/*))
DOCUMENTS   := $(wildcard README.md CHANGES SECURITY.md docs/*.md)
# Every file that install puts somewhere and uninstall takes away again.
INSTALLED := $(PREFIX)/bin/psabill $(patsubst templates/%,$(PREFIX)/share/psabill/templates/%,$(wildcard templates/*)) \
             $(MANDIR)/man1/psabill.1 $(MANDIR)/man5/psabill.conf.5 $(MANDIR)/man5/psabill-templates.5 \
             $(BASHDIR)/psabill $(ZSHDIR)/_psabill $(FISHDIR)/psabill.fish $(patsubst config/%,$(UNITDIR)/%,$(UNIT_FILES)) \
             $(patsubst config/%,$(DOCDIR)/examples/%,$(EXAMPLES)) $(addprefix $(DOCDIR)/,$(notdir $(DOCUMENTS)) LICENSE)
FOLDERS   := $(PREFIX)/bin $(PREFIX)/share/psabill/templates $(MANDIR)/man1 $(MANDIR)/man5 $(BASHDIR) $(ZSHDIR) $(FISHDIR) $(UNITDIR) $(DOCDIR)/examples

install: all man completions
	install -d $(addprefix $(DESTDIR),$(FOLDERS))
	install -m 0755 $(B)/psabill $(DESTDIR)$(PREFIX)/bin/psabill
	install -m 0644 templates/* $(DESTDIR)$(PREFIX)/share/psabill/templates/
	install -m 0644 $(B)/man/psabill.1 $(DESTDIR)$(MANDIR)/man1/
	install -m 0644 $(B)/man/psabill.conf.5 $(B)/man/psabill-templates.5 $(DESTDIR)$(MANDIR)/man5/
	install -m 0644 $(B)/completions/psabill $(DESTDIR)$(BASHDIR)/psabill
	install -m 0644 $(B)/completions/_psabill $(DESTDIR)$(ZSHDIR)/_psabill
	install -m 0644 $(B)/completions/psabill.fish $(DESTDIR)$(FISHDIR)/psabill.fish
	install -m 0644 $(EXAMPLES) $(DESTDIR)$(DOCDIR)/examples/
	install -m 0644 $(DOCUMENTS) LICENSE $(DESTDIR)$(DOCDIR)/
	for unit in $(notdir $(UNIT_FILES)); do \
		sed 's|/usr/bin/psabill|$(PREFIX)/bin/psabill|' "config/$$unit" >$(B)/unit && \
		install -m 0644 $(B)/unit "$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; done

# Files that were installed, and folders that are only ours; never a configuration, a ledger or a document.
uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	rmdir --ignore-fail-on-non-empty $(addprefix $(DESTDIR),$(PREFIX)/share/psabill/templates $(PREFIX)/share/psabill $(DOCDIR)/examples $(DOCDIR)) 2>/dev/null || :

# The last commit as a tarball: names sorted and times fixed by git, no clock and no user in it, so that the same commit gives the same bytes.
TARBALL := build/psabill-$(VERSION).tar.gz

dist:
	@mkdir -p build
	git -c tar.umask=0022 archive --format=tar --prefix=psabill-$(VERSION)/ HEAD | gzip -9n >$(TARBALL)
	@sha256sum $(TARBALL)

# A Debian package of the files that git knows, built beside the tree.
DEB := build/deb

deb:
	@tests/deps build-essential debhelper fakeroot
	rm -rf $(DEB)
	mkdir -p $(DEB)/psabill-$(VERSION)
	git ls-files -z | xargs -0 cp --parents -t $(DEB)/psabill-$(VERSION)
	cd $(DEB)/psabill-$(VERSION) && dpkg-buildpackage -b -us -uc
	@ls $(DEB)/*.deb

# Both installed into scratch folders.
check-install: all man completions
	@tests/check-install $(MAKE)

# Builds it, installs it into a fresh Debian in a folder, bills there, upgrades, removes. Needs root and debootstrap.
check-package:
	@tests/package $(MAKE)

.PHONY: install uninstall dist deb check-install check-package
