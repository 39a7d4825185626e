import type { Rejected, Untimed } from '../sending/result.ts'

// A gateway that is configured wrongly looks to a provider as if all its tokens were dead. Home servers delete pushers for
// good, so the first rejections of an app are looked at before they are believed.
//
//   unproven ──delivers──▶ proven
//      │  ▲                   │ so much more is rejected than delivered, among the first results
//      ▼  │ delivers          ▼
//     alarmed ◀───────────────┘
//
// unproven: doubtful rejections are held. alarmed: all are. It begins anew with each start and each change of configuration.

/** So many different devices rejected, and hardly any delivered to, is no coincidence. */
const BURST = 10
const DELIVERED_PER_REJECTED = 1 / 10
/** After so many results the configuration has proved itself. */
const PROBATION = 200

export type Belief =
  /** It counts. */
  | 'believed'
  /** Not yet: the message is tried again later. */
  | 'held'
  /** As `held`; and this one was too many. */
  | 'alarm'

export type BlastGuard = {
  isAlarmed(): boolean
  delivered(): void
  rejected(result: Untimed<Rejected>, deviceKey: string): Belief
}

export function createBlastGuard(): BlastGuard {
  const rejectedDevices = new Set<string>()
  let delivered = 0
  let isAlarmed = false
  return {
    isAlarmed: () => isAlarmed,
    delivered() {
      delivered++
      if (!isAlarmed) return
      isAlarmed = false
      rejectedDevices.clear()
    },
    rejected({ status, isDoubtful, isCertain }, deviceKey) {
      // Nobody was asked: the pushkey is no token at all, unless it would be one with another configuration.
      if (isCertain === true || (status === undefined && isDoubtful !== true)) return 'believed'
      if (isAlarmed) return 'held'
      if (delivered + rejectedDevices.size < PROBATION) {
        rejectedDevices.add(deviceKey)
        const isBurst =
          rejectedDevices.size >= BURST && delivered <= rejectedDevices.size * DELIVERED_PER_REJECTED
        if (isBurst) {
          isAlarmed = true
          return 'alarm'
        }
      }
      return isDoubtful === true && delivered === 0 ? 'held' : 'believed'
    },
  }
}
