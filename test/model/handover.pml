/*
 * The handover of one baton, PROTOCOL "The handover, in order" and "The latch", for Spin.
 *
 * One account, three process starts that could act, two drivers of which any may stop at any line for as long as it
 * likes (Spin schedules whom it wants: a pause without bound and a crash are the same here), calls that are lost,
 * late, reordered and repeated without bound, instances that die at any moment, orders that land after their sender's
 * death, and an emergency stop at any moment. `code:` names what each part stands for: file#declaration.
 *
 * What may act is counted at every activation, what the venue takes at every landing. Each rule can be taken away by
 * a -D (see configurations.ts): then Spin must find the way in which it breaks.
 */

#define A 0 /* the holder as it begins: the old release in its slot */
#define B 1 /* the new release in the other slot */
#define C 2 /* a fresh start of the old release, for the way back; it gets the port that A had */
#define NOBODY 3
#define INSTANCES 3

/* Tokens 1 .. TOKENS-1. That no way leads past the end is asserted, so the bound hides nothing. */
#define TOKENS 8
#define BIT(i, t) (1 << ((i) * TOKENS + (t)))

/* code: packages/sdk/src/lifecycle-state.ts#LifecyclePhase */
#define STANDBY 0
#define ACTIVE 1
#define QUIESCED 2

/* code: packages/core/src/baton/change.ts#Proof */
#define NO_PROOF 0
#define PROOF_DEATH 1
#define PROOF_SAME_INSTANCE 2

/* ---- The store: one record, one lock, one verdict. Every change of it is one d_step, as a transaction is. ---- */

/* code: packages/core/src/baton/record.ts#BatonRecord */
byte token = 1;
byte holder = A;
byte unproven = NOBODY;
bool latch = false;
/* The fencing token of the driver's lock. code: packages/store-sqlite/src/locks.ts#locks */
byte lockEpoch = 0;
/* The journaled verdict: forward until it is back, and never forward again. code: packages/core/src/journal/facts.ts#directionOf */
bool back = false;
/* How the goal ended. code: packages/core/src/engine/actions/closing.ts#close */
#define OPEN 0
#define COMMITTED 1
#define ROLLED_BACK 2
#define NEEDS_OPERATOR 3
byte outcome = OPEN;

/* ---- Ghosts: read by assertions alone. ---- */
byte granted = 1;  /* the highest token ever granted */
bool stopped = false; /* the emergency stop has said STOPPED */

/* ---- The instances. ---- */

bool started[INSTANCES];
bool alive[INSTANCES];
#ifdef PROGRESS
/* What was sent a kill does nothing more, and dies: without this, dying could be put off for ever. */
bool doomed[INSTANCES];
#define LIVES(i) (alive[i] && !doomed[i])
#else
#define LIVES(i) alive[i]
#endif
/* code: packages/sdk/src/lifecycle-state.ts#LifecycleRecord */
byte phase[INSTANCES];
byte held[INSTANCES];
byte floor[INSTANCES];
byte epochSeen[INSTANCES];
byte epochAnswered[INSTANCES]; /* ghost: of the newest driver that was obeyed */
/* An order in a socket's buffer, by its token; it outlives its sender. */
byte wire[INSTANCES];

/* code: packages/sdk/src/lifecycle-state.ts#mayAct */
#define ACTS(i) (alive[i] && phase[i] == ACTIVE && held[i] == floor[i])

/* ---- The network: what was once sent may arrive at any time, any number of times, in any order, or never. ---- */
int activateSent[2];
int quiesceSent[2];
int deactivateSent[2];

#ifdef ROUTES
/* The gateway's routes: what each driver asked for last, and what is in force. */
#define TO_OLD 1
#define TO_NEW 2
byte routeSent[2];
bool drainSent[2];
byte route = TO_OLD;
byte gatewayEpoch = 0;

#ifdef NO_GATEWAY_EPOCH
#define GATEWAY_TAKES(e) true
#else
/* code: packages/gateway/src/control/control-plane.ts#checkEpoch */
#define GATEWAY_TAKES(e) (e >= gatewayEpoch)
#endif
#endif

#ifdef NO_NONCE
/* A call that names no process start reaches whoever has the port by now. */
#define ARRIVES(set, i, t, e) ((set[e] & BIT(i, t)) || (i == C && (set[e] & BIT(A, t))))
#else
/* code: packages/sdk/src/lifecycle-state.ts#transition (wrong-instance) */
#define ARRIVES(set, i, t, e) (set[e] & BIT(i, t))
#endif

#ifdef NO_EPOCH_CHECK
#define EPOCH_OK(i, e) true
#else
/* code: packages/sdk/src/lifecycle-state.ts#transition (stale-epoch) */
#define EPOCH_OK(i, e) (e >= epochSeen[i])
#endif

#ifdef NO_FLOOR
#define FLOOR_OK(i, t) true
#define ABOVE_FLOOR(i, t) (held[i] != t)
#else
/* code: packages/sdk/src/lifecycle-state.ts#transition (stale-token) */
#define FLOOR_OK(i, t) (t >= floor[i])
/* code: packages/sdk/src/lifecycle-state.ts#activated */
#define ABOVE_FLOOR(i, t) (t > floor[i])
#endif

/* PROTOCOL "Calls": a driver that is over moves nobody whom a newer one has moved. */
inline obeyed(i, e) {
  assert(e >= epochAnswered[i]);
  epochAnswered[i] = e;
  epochSeen[i] = (e > epochSeen[i] -> e : epochSeen[i])
}

/* The first promise, at the only moment at which it can break. */
inline mustActAlone(i) {
  assert(!(i != A && ACTS(A)) && !(i != B && ACTS(B)) && !(i != C && ACTS(C)));
  /* PROTOCOL "The latch": after STOPPED nothing acts. */
  assert(!stopped)
}

/* PROTOCOL 10. code: packages/sdk/src/lifecycle-state.ts#activated */
#define ON_ACTIVATE(t, e)                                                                     \
  :: d_step {                                                                                 \
       LIVES(me) && ARRIVES(activateSent, me, t, e) && EPOCH_OK(me, e) && ABOVE_FLOOR(me, t)  \
         && FLOOR_OK(me, t) ->                                                                \
       obeyed(me, e); floor[me] = t; held[me] = t; phase[me] = ACTIVE; mustActAlone(me)       \
     }

/* PROTOCOL 1 to 3, which all end in silence. code: packages/sdk/src/lifecycle-state.ts#quiesced */
#define ON_QUIESCE(t, e)                                                                      \
  :: d_step {                                                                                 \
       LIVES(me) && ARRIVES(quiesceSent, me, t, e) && EPOCH_OK(me, e) && FLOOR_OK(me, t)      \
         && phase[me] == ACTIVE ->                                                            \
       obeyed(me, e); floor[me] = t; phase[me] = QUIESCED                                     \
     }

/* PROTOCOL 5. code: packages/sdk/src/lifecycle.ts#deactivate */
#define ON_DEACTIVATE(t, e)                                                                   \
  :: d_step {                                                                                 \
       LIVES(me) && ARRIVES(deactivateSent, me, t, e) && EPOCH_OK(me, e) && FLOOR_OK(me, t)   \
         && (phase[me] != STANDBY || floor[me] < t) ->                                        \
       obeyed(me, e); floor[me] = t; phase[me] = STANDBY; held[me] = 0                        \
     }

#define CALLS(t) ON_ACTIVATE(t, 0) ON_ACTIVATE(t, 1) ON_QUIESCE(t, 0) ON_QUIESCE(t, 1) \
                 ON_DEACTIVATE(t, 0) ON_DEACTIVATE(t, 1)

/* A workload with Baton's contract. code: packages/sdk/src/lifecycle.ts#Lifecycle */
proctype Instance(byte me) {
end:
  do
  CALLS(1) CALLS(2) CALLS(3) CALLS(4) CALLS(5) CALLS(6) CALLS(7)
  /* An order leaves; only what may act sends. code: packages/sdk/src/workload.ts#act */
  :: d_step { LIVES(me) && ACTS(me) && wire[me] == 0 -> wire[me] = held[me] }
  /* It dies of its own, or of a kill; what it sent stays on its way. */
  :: d_step { alive[me] -> alive[me] = false; phase[me] = STANDBY; held[me] = 0; floor[me] = 0;
              epochSeen[me] = 0; epochAnswered[me] = 0 }
  od
}

/* The venue takes what lands. A plain one: it checks no token, so the protocol alone must do. */
proctype Venue() {
end:
  do
  :: d_step { wire[A] != 0 -> assert(wire[A] >= granted); wire[A] = 0 }
  :: d_step { wire[B] != 0 -> assert(wire[B] >= granted); wire[B] = 0 }
  :: d_step { wire[C] != 0 -> assert(wire[C] >= granted); wire[C] = 0 }
  od
}

#ifdef ROUTES
#define ON_ROUTES(e)                                                                          \
  :: d_step {                                                                                 \
       routeSent[e] != 0 && GATEWAY_TAKES(e) && (routeSent[e] != route || gatewayEpoch < e) ->\
       /* What a goal has ended with stays until the next: a late call of another driver moves nothing. */ \
       assert(outcome == OPEN || outcome == NEEDS_OPERATOR || routeSent[e] == route);                                      \
       route = routeSent[e]; gatewayEpoch = (e > gatewayEpoch -> e : gatewayEpoch)            \
     }                                                                                        \
  :: d_step { drainSent[e] && gatewayEpoch < e -> gatewayEpoch = e }

/* Routes by driver epoch. code: packages/gateway/src/control/control-plane.ts#ControlPlane */
proctype Gateway() {
end:
  do
  ON_ROUTES(0) ON_ROUTES(1)
  od
}
#endif

#ifdef ABORT
/* A person who aborts the deployment, at any moment. code: packages/cli/src/commands/abort.ts#run */
proctype Operator() {
end:
  d_step { outcome == OPEN && !back -> back = true }
}
#endif

/* Starts as a standby, once for each nonce. code: packages/target-process/src/instance/launch.ts#launch */
inline startStandby(i) {
  d_step {
    if
    :: !started[i] -> started[i] = true; alive[i] = true
    :: else
    fi
  }
}

/* A cold program acts from its first instruction. code: packages/core/src/engine/actions/launching.ts#launchHolder */
inline startHolder(i, t) {
  d_step {
    if
    :: !started[i] ->
      started[i] = true; alive[i] = true; phase[i] = ACTIVE; held[i] = t; floor[i] = t;
      epochSeen[i] = me; epochAnswered[i] = me; mustActAlone(i)
    :: else
    fi
  }
}

/* PROTOCOL 6: by its immutable name. code: packages/target-process/src/instance/end.ts#kill */
inline signalKill(i) {
#ifdef PROGRESS
  doomed[i] = true;
#endif
#ifndef NO_TOMBSTONE
  /* A nonce that was never started is used up by its proof of death. */
  started[i] = true
#else
  skip
#endif
}

/* The driver's copies: what it saw may be old by the time it acts on it. */
#define SAME_AS_READ (token == sawToken && holder == sawHolder && unproven == sawUnproven && latch == sawLatch)
#ifdef NO_STORE_FENCE
#define DRIVES true
#else
/* code: packages/store-sqlite/src/transact.ts#refusal */
#define DRIVES (lockEpoch == me)
#endif
#define ON_WANTED(i) ((sawBack && i != B) || (!sawBack && i == B))

/* code: packages/core/src/engine/session.ts#readBatons */
inline look() {
  atomic {
    sawToken = token; sawHolder = holder; sawUnproven = unproven; sawLatch = latch; sawBack = back;
    proof = NO_PROOF;
    /* code: packages/core/src/decide/handover.ts#standbyOf */
#ifdef GRANT_BEFORE_DEATH
    next = (sawBack -> C : B); /* what was sent a kill counts as gone */
#else
    next = (sawBack -> (alive[A] -> A : C) : B);
#endif
    last = (sawHolder != NOBODY -> sawHolder : next);
    sawAlive = alive[last]; sawPhase = phase[last]; sawFloor = floor[last];
    last = NOBODY
  }
}

/* The verdict is journaled once, and turns the goal round. code: packages/core/src/engine/actions/index.ts#perform */
inline turnBack() {
#ifdef NO_VERDICT
  skip
#else
  d_step { if :: DRIVES && outcome == OPEN -> back = true :: else fi }
#endif
}

#ifdef ROUTES
#define ROUTED (route == (sawBack -> TO_OLD : TO_NEW))
#else
#define ROUTED true
#endif

/* With the routes as they should be: it is looked at again after the drain. */
inline endIf(how) {
  d_step {
    if
    :: DRIVES && outcome == OPEN && back == sawBack && ROUTED -> outcome = how
    :: else
    fi
  }
}

inline end(how) {
  d_step { if :: DRIVES && outcome == OPEN -> outcome = how :: else fi }
}

/* code: packages/core/src/engine/drive.ts#drive */
proctype Driver(byte me) {
  byte sawToken, sawHolder, sawUnproven, sawPhase, sawFloor, next, last, proof;
  bool sawLatch, sawBack, sawAlive;
  /* PROTOCOL "Takeover": at any moment, whether or not the other has died. code: packages/daemon/src/environment/mandate.ts#DriverLock */
  if
  :: me == 1 -> lockEpoch = me
  :: me == 0 /* it drives already */
  fi;

again:
  look();
  if
  :: !DRIVES || outcome != OPEN -> goto over
  /* An emergency stop ends every goal. code: packages/core/src/decide/decide.ts#ended */
  :: sawLatch -> end(NEEDS_OPERATOR); goto over
  :: DRIVES && outcome == OPEN && !sawLatch
  fi;
  if
  :: sawHolder != NOBODY && ON_WANTED(sawHolder) -> goto wanted
  :: sawHolder != NOBODY && !ON_WANTED(sawHolder) -> goto release
  :: sawHolder == NOBODY && sawUnproven != NOBODY -> last = sawUnproven; goto prove
  :: else -> goto grant
  fi;

  /* PROTOCOL 1 to 3. code: packages/core/src/engine/actions/releasing.ts#quiesce */
release:
  if
  :: sawAlive && sawPhase == ACTIVE -> d_step { quiesceSent[me] = quiesceSent[me] | BIT(sawHolder, sawToken) }
  :: true /* dead, broken, or it does not answer */
  fi;
  if
  :: !sawBack -> turnBack(); goto again /* it cannot be settled, or somebody aborts: the holder goes on */
  :: true
  fi;
  /* PROTOCOL 4. code: packages/core/src/engine/actions/granting.ts#revoke */
#ifndef NO_REVOKE_BEFORE_PROOF
  d_step {
    if
    :: DRIVES && SAME_AS_READ -> token = token + 1; unproven = holder; holder = NOBODY; assert(token < TOKENS)
    :: else
    fi
  }
  goto again;
#else
  last = sawHolder;
#endif

  /* PROTOCOL 5 and 6: what proves that the last one cannot act. code: packages/core/src/decide/handover.ts#provePast */
prove:
  atomic {
    if
    :: last == next || sawHolder != NOBODY ->
       /* code: packages/core/src/engine/actions/granting.ts#deactivate */
       deactivateSent[me] = deactivateSent[me] | BIT(last, sawToken)
    :: else
    fi
  }
  if
#ifdef NO_REVOKE_BEFORE_PROOF
  /* Without the revoke no floor has risen that could be asked for: "it stands by" is all that is said. */
  :: d_step { alive[last] && phase[last] == STANDBY -> proof = PROOF_SAME_INSTANCE }
#else
  /* Only its own floor, raised to this very revoke, counts. code: packages/core/src/baton/change.ts#proves */
  :: d_step { last == next && alive[last] && phase[last] == STANDBY && floor[last] >= sawToken -> proof = PROOF_SAME_INSTANCE }
#endif
  /* code: packages/core/src/engine/actions/granting.ts#prove */
  :: signalKill(last);
#ifndef GRANT_BEFORE_DEATH
     !alive[last]; /* code: packages/target-process/src/confinement/cgroup-confinement.ts#end */
#endif
     proof = PROOF_DEATH
  fi;
#ifndef NO_LANDING
  /* PROTOCOL 6, second half. code: packages/core/src/engine/actions/granting.ts#letLand */
  wire[last] == 0;
#endif
grant:
  /* What the old holder's death takes with it: on the way back another start is needed. */
  if
  :: proof == PROOF_DEATH && next == last -> next = (sawBack -> C : B)
  :: else
  fi;
#ifdef COLD
  if
  :: started[next] && next != A -> goto nobody
  :: else
  fi;
#else
  if
  :: next == C -> startStandby(C)
  :: else
  fi;
  if
  :: !alive[next] -> goto nobody
  :: alive[next]
  fi;
#endif
  /* PROTOCOL 8. code: packages/core/src/engine/actions/granting.ts#grant code: packages/core/src/baton/change.ts#grant */
  d_step {
    if
    :: DRIVES && SAME_AS_READ && !latch && (unproven == NOBODY || proof != NO_PROOF) ->
       token = token + 1; holder = next; unproven = NOBODY; granted = token; assert(token < TOKENS)
    :: else
    fi
  }
  goto again;

nobody: /* No standby is left. */
  if
  :: !sawBack -> turnBack(); goto again
  :: sawBack -> end(NEEDS_OPERATOR); goto over
  fi;

  /* PROTOCOL 9 and 10. code: packages/core/src/decide/handover.ts#withHolder */
wanted:
  if
  :: !sawAlive && started[sawHolder] ->
     if
     :: !sawBack -> turnBack(); goto again
     :: sawBack -> goto revokeOnly
     fi
  :: sawAlive && sawPhase == QUIESCED -> goto revokeOnly
  :: sawAlive && sawPhase == ACTIVE && sawFloor == sawToken -> goto acting
  :: sawAlive && sawPhase == STANDBY ->
     /* code: packages/core/src/engine/actions/granting.ts#activate */
     d_step { activateSent[me] = activateSent[me] | BIT(sawHolder, sawToken) };
     if
     :: d_step { ACTS(sawHolder) && held[sawHolder] == sawToken }
     :: !alive[sawHolder]
     :: !sawBack -> turnBack(); goto again /* it did not answer in time */
     :: sawBack -> end(NEEDS_OPERATOR); goto over
     fi;
     goto reread
#ifdef COLD
  :: !sawAlive && !started[sawHolder] ->
     /* code: packages/core/src/engine/actions/launching.ts#mayStillAct */
     if
     :: !SAME_AS_READ -> goto again
     :: SAME_AS_READ
     fi;
     startHolder(sawHolder, sawToken);
     goto reread
#endif
  :: else -> goto again
  fi;

  /* PROTOCOL 10, second half: the record is read again; if it moved, what was activated is killed. */
reread:
#ifndef NO_REREAD
  if
  :: SAME_AS_READ -> goto again
  :: !SAME_AS_READ -> signalKill(sawHolder); !alive[sawHolder]; goto again
  fi;
#else
  goto again;
#endif

revokeOnly:
  atomic {
    if
    :: DRIVES && SAME_AS_READ -> token = token + 1; unproven = holder; holder = NOBODY; assert(token < TOKENS)
    :: else
    fi
  }
  goto again;

  /* PROTOCOL 11 and the bake. */
acting:
#ifdef ROUTES
  /* code: packages/core/src/engine/actions/switching.ts#route code: packages/core/src/decide/traffic.ts#inForce */
  if
  :: route != (sawBack -> TO_OLD : TO_NEW) ->
     routeSent[me] = (sawBack -> TO_OLD : TO_NEW);
     if
     :: route == (sawBack -> TO_OLD : TO_NEW)
     /* Assumed: on one host a call to the gateway ends, or its gateway has died. Only a newer driver refuses it. */
     :: gatewayEpoch > me -> goto again
     fi
  :: else
  fi;
#endif
  if
  :: !sawBack -> turnBack(); goto again /* the bake failed */
  :: true
  fi;
#ifdef ROUTES
  /* The drain is the last call before the end, and tells the gateway who drives. code: packages/core/src/engine/actions/switching.ts#retire */
  drainSent[me] = true;
  if
  :: gatewayEpoch >= me && DRIVES
  :: goto again
  fi;
#endif
  if
  :: !sawBack -> endIf(COMMITTED)
  :: sawBack -> endIf(ROLLED_BACK)
  fi;
over:
  atomic {
    sawToken = 0; sawHolder = 0; sawUnproven = 0; sawPhase = 0; sawFloor = 0; next = 0; last = 0; proof = 0;
    sawLatch = false; sawBack = false; sawAlive = false
  }
}

#ifdef LATCH
/* PROTOCOL "The latch". code: packages/core/src/engine/emergency.ts#emergencyStop */
proctype Emergency() {
  /* code: packages/core/src/engine/emergency.ts#latchOne */
  d_step {
    latch = true; token = token + 1; unproven = (holder != NOBODY -> holder : unproven); holder = NOBODY;
    assert(token < TOKENS)
  }
  /* Everybody who is seen, and who the record names, though it was not seen. code: packages/core/src/engine/emergency.ts#killAll */
  if
  :: unproven != NOBODY -> signalKill(unproven)
  :: else
  fi;
  do
  :: alive[A] -> signalKill(A); !alive[A]
  :: alive[B] -> signalKill(B); !alive[B]
  :: alive[C] -> signalKill(C); !alive[C]
  :: !alive[A] && !alive[B] && !alive[C] -> break
  od;
  stopped = true
}
#endif

#ifdef PROGRESS
/* Termination: whoever drives, the goal ends, if every process that can go on goes on (weak fairness). */
ltl ends { <> (outcome != OPEN) }
#endif

init {
  d_step {
    started[A] = true; alive[A] = true; phase[A] = ACTIVE; held[A] = 1; floor[A] = 1;
    /* The call that activated it is still about. */
    activateSent[0] = BIT(A, 1);
#ifndef COLD
    started[B] = true; alive[B] = true
#endif
  };
  atomic {
    run Instance(A); run Instance(B); run Instance(C); run Venue(); run Driver(0); run Driver(1);
#ifdef ABORT
    run Operator();
#endif
#ifdef ROUTES
    run Gateway();
#endif
#ifdef LATCH
    run Emergency()
#endif
  }
}
