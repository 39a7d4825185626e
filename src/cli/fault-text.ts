import { BLOCKED, BLOCKED_ADVICE } from '../lib/outbound/ip-policy.ts'

/** What the operator of the server can do about an error of `delivery/poke-fault.ts`. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  [BLOCKED, BLOCKED_ADVICE],
  [
    'vapid token refused',
    'the push service does not accept how this server shows itself; look at its clock and at push.contact',
  ],
])

/** The error of an attempt, with advice where the operator of the server can do something about it. */
export function faultText(error: string): string {
  const advice = ADVICE.get(error)
  return advice === undefined ? error : `${error}: ${advice}`
}
