/* The ledger: all SQL stands behind this header. */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include "ledger/apply.h"
#include "ledger/audit.h"
#include "ledger/balance.h"
#include "ledger/chain.h"
#include "ledger/claim.h"
#include "ledger/copy.h"
#include "ledger/correction.h"
#include "ledger/hold.h"
#include "ledger/input.h"
#include "ledger/intact.h"
#include "ledger/manifest.h"
#include "ledger/move.h"
#include "ledger/plan.h"
#include "ledger/query.h"
#include "ledger/snap.h"
#include "ledger/store.h"

#endif
