import type { Rejected, Untimed } from '../sending/result.ts'

// With a wrong configuration of the gateway, a provider responds as if all tokens were dead. Home servers
// delete rejected pushers for good, so the first rejections of an app are checked before they count.
//
//   unproven ──delivers──▶ proven
//      │  ▲                   │ far more rejections than deliveries among the first results
//      ▼  │ delivers          ▼
//     alarmed ◀───────────────┘
//
// unproven: doubtful rejections do not count. alarmed: no rejection counts. Each start and each change of the
// configuration begins with unproven.

/** This number of different rejected devices, with hardly any delivery, raises the alarm. */
const BURST = 10
const DELIVERED_PER_REJECTED = 1 / 10
/** After this number of results the configuration counts as proven. */
const PROBATION = 200

export type Belief =
  /** It counts. */
  | 'believed'
  /** It does not count yet: the message is retried. */
  | 'doubted'
  /** As `doubted`, and this rejection raises the alarm. */
  | 'alarm'

export type RejectionGuard = {
  isAlarmed(): boolean
  delivered(): void
  rejected(result: Untimed<Rejected>, deviceKey: string): Belief
}

export function createRejectionGuard(): RejectionGuard {
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
      // Without a request: the pushkey is not a token, unless it would be one with another configuration.
      if (isCertain === true || (status === undefined && isDoubtful !== true)) return 'believed'
      if (isAlarmed) return 'doubted'
      if (delivered + rejectedDevices.size < PROBATION) {
        rejectedDevices.add(deviceKey)
        const isBurst =
          rejectedDevices.size >= BURST && delivered <= rejectedDevices.size * DELIVERED_PER_REJECTED
        if (isBurst) {
          isAlarmed = true
          return 'alarm'
        }
      }
      return isDoubtful === true && delivered === 0 ? 'doubted' : 'believed'
    },
  }
}
