/*
 * Ownership that expires, for Spin: why a lease alone never lets another act, and what a fence must know.
 *
 * PROTOCOL "The claims, by fault and proof": the columns "lease only" and "order gateway". Two owners take one lease in
 * turn; each looks at its clock, is then paused, and sends; what it sent lands a while later. Time is counted in ticks.
 * A lease is safe without a fence where pause and delay fit into the margin (DESIGN's source: L/(1-rho)+P+D <
 * TTL/(1+rho), here without drift), and never where a pause has no bound. The driver's lock is of the other kind: it
 * expires with no margin at all, and is safe since every write is checked against it in the same transaction.
 * code: packages/daemon/src/environment/mandate.ts#DriverLock
 */

#ifndef TTL
#define TTL 4
#endif
#ifndef PAUSE
#define PAUSE 1
#endif
#ifndef DELAY
#define DELAY 1
#endif
#ifndef MARGIN
#define MARGIN 2
#endif
/* Long enough for three owners, each with a renewal. */
#define HORIZON 18
#define OWNERS 2
#define NOBODY 2

byte now = 0;
/* code: packages/store-sqlite/src/locks.ts#locks */
byte owner = NOBODY;
byte leaseUntil = 0;
byte token = 0;
/* Ghost: the highest token that was granted. */
byte granted = 0;

/* When the owner that is about to send last looked at its clock; when what it sent left it. */
bool looked[OWNERS];
byte lookedAt[OWNERS];
byte wire[OWNERS];
byte sentAt[OWNERS];

/* The fence. code: packages/venue/src/exchange/admission.ts#fenceRefusal */
byte gatewayFloor = 0;

proctype Owner(byte me) {
  byte mine, until;
end:
  do
  /* Expired, as far as the store can tell. code: packages/store-sqlite/src/locks.ts#claim */
  :: atomic { now >= leaseUntil && owner != me && token < 4 -> owner = me; token = token + 1; leaseUntil = now + TTL; mine = 0 };
#ifdef GATEWAY_TOLD
     /* PROTOCOL 4 and 6: revoked, and the fence knows it, before anybody is granted. */
     d_step {
       if
       :: owner == me -> gatewayFloor = token
       :: else
       fi
     }
#endif
     /* PROTOCOL 8. */
     d_step {
       if
       :: owner == me -> mine = token; granted = token; until = leaseUntil - MARGIN
       :: else
       fi
     }
  /* Counted from when it was sent. code: packages/daemon/src/environment/mandate.ts#renew */
  :: d_step { mine != 0 && owner == me && mine == token && now < leaseUntil ->
       leaseUntil = now + TTL; until = leaseUntil - MARGIN }
  /* It looks at its clock, and may be paused before it sends. */
  :: atomic { mine != 0 && now < until && wire[me] == 0 -> looked[me] = true; lookedAt[me] = now };
     atomic { wire[me] = mine; sentAt[me] = now; looked[me] = false; lookedAt[me] = 0 }
  od
}

/* code: packages/venue/src/exchange/admission.ts#fenceRefusal */
inline lands(i) {
#ifdef GATEWAY_HIGHEST_SEEN_ONLY
  if
  :: wire[i] < gatewayFloor
  :: else -> gatewayFloor = wire[i]; assert(wire[i] >= granted)
  fi;
#else
#ifdef GATEWAY_TOLD
  if
  :: wire[i] < gatewayFloor
  :: else -> assert(wire[i] >= granted)
  fi;
#else
  assert(wire[i] >= granted);
#endif
#endif
  wire[i] = 0; sentAt[i] = 0
}

proctype Venue() {
end:
  do
  :: d_step { wire[0] != 0 -> lands(0) }
  :: d_step { wire[1] != 0 -> lands(1) }
  od
}

#ifdef UNBOUNDED_PAUSE
#define MAY_PASS(i) (wire[i] == 0 || now < sentAt[i] + DELAY)
#else
#define MAY_PASS(i) ((!looked[i] || now < lookedAt[i] + PAUSE) && (wire[i] == 0 || now < sentAt[i] + DELAY))
#endif

proctype Time() {
end:
  do
  :: d_step { now < HORIZON && MAY_PASS(0) && MAY_PASS(1) -> now = now + 1 }
  od
}

init {
  atomic { run Owner(0); run Owner(1); run Venue(); run Time() }
}
