import { BLOCKED, BLOCKED_ADVICE } from '../lib/outbound/ip-policy.ts'

/** Advice to the operator for errors of `delivery/poke-fault.ts`. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  [BLOCKED, BLOCKED_ADVICE],
  [
    'vapid token refused',
    'the push service refuses the VAPID token of this server; check the system clock and push.contact',
  ],
])

/** The error of an attempt, with advice if the operator of the server can act on it. */
export function faultText(error: string): string {
  const advice = ADVICE.get(error)
  return advice === undefined ? error : `${error}: ${advice}`
}
