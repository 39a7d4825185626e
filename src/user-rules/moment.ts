import { localTimeIn } from '../lib/time-zone.ts'
import {
  createMoment,
  type Moment,
  nextEndOfRule,
  type OwnerFacts,
  type PushRule,
} from '../push-rules/index.ts'

/**
 * The time of an event for its push rules: when this server accepted it (`origin_server_ts`). Every
 * evaluation of the event uses this time, also a later one, so that an explanation agrees with what was
 * decided.
 */
export function momentOf(event: { readonly originServerTs: number }): Moment {
  const at = event.originServerTs
  return createMoment(at, (zone) => localTimeIn(zone, at))
}

/**
 * The next time after `now` at which a rule stops to apply. Undefined: there is none, or the time zone does
 * not exist.
 */
export function nextDigestAt(rule: PushRule, owner: OwnerFacts, now: number): number | undefined {
  return nextEndOfRule(rule, owner, { at: now, clockOf: localTimeIn })
}
