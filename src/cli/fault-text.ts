import { BLOCKED, BLOCKED_ADVICE } from '../lib/outbound/ip-policy.ts'

/** The error of an attempt, with advice where the operator of the server can do something about it. */
export const faultText = (error: string): string =>
  error === BLOCKED ? `${error}: ${BLOCKED_ADVICE}` : error
