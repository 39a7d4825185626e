import { BLOCKED } from '../lib/outbound/ip-policy.ts'
import type { SendResult } from './result.ts'

// The words for a `SendResult` in stored journeys, log fields, metric labels and responses to clients.
// Nothing else translates a result. The words are part of the interface, so they must not change.

type Words = Readonly<Record<SendResult['kind'], string>>

/**
 * The gateway: field `outcome` of its log, label `outcome` of its metrics, its steps of a journey, and its
 * stored results of messages.
 */
export const GATEWAY_WORDS = {
  delivered: 'delivered',
  rejected: 'rejected',
  refused: 'dropped',
  retry: 'retry',
  misconfigured: 'configuration error',
} as const satisfies Words

export type GatewayWord = (typeof GATEWAY_WORDS)[SendResult['kind']]

const PUSHER_WORDS = {
  delivered: 'sent',
  rejected: 'rejected',
  refused: 'dropped',
  retry: 'failed',
  misconfigured: 'failed',
} as const satisfies Words

/**
 * Pokes and mails: the stored step of an event for a pusher. `but`: the short form was sent after a refusal,
 * or the pusher was set again before its rejection was recorded.
 */
export function pusherWord(
  { kind }: Pick<SendResult, 'kind'>,
  but?: 'shorter next' | 'too late',
): (typeof PUSHER_WORDS)[SendResult['kind']] | 'refused' | 'rejected too late' {
  if (kind === 'refused' && but === 'shorter next') return 'refused'
  if (kind === 'rejected' && but === 'too late') return 'rejected too late'
  return PUSHER_WORDS[kind]
}

/**
 * The result of a test push, in the words of MSC4173, and `blocked`: the server may not call the address of
 * the pusher.
 */
export function testPushWord(
  result: SendResult,
): 'ok' | 'rejected' | 'unreachable' | 'rate_limited' | 'blocked' {
  if (result.kind === 'delivered') return 'ok'
  if (result.kind === 'rejected') return 'rejected'
  if (result.reason === BLOCKED) return 'blocked'
  return result.status === 429 ? 'rate_limited' : 'unreachable'
}
