import type { SendResult } from './result.ts'

// The words for a `SendResult` that others read: stored journeys, log fields, metric labels, answers to clients. Nothing else
// translates a result. The words are part of the interface, so they stay as they are.

type Words = Readonly<Record<SendResult['kind'], string>>

/** The gateway: field `outcome` of its log, label `outcome` of its metrics, its steps of a journey, what it remembers of a message. */
export const GATEWAY_WORDS = {
  delivered: 'delivered',
  rejected: 'rejected',
  refused: 'dropped',
  retry: 'retry',
  misconfigured: 'configuration error',
} as const satisfies Words

export type GatewayWord = (typeof GATEWAY_WORDS)[SendResult['kind']]

/** Pokes and mails: the steps of an event for a pusher. */
export const PUSHER_WORDS = {
  delivered: 'sent',
  rejected: 'rejected',
  refused: 'dropped',
  retry: 'failed',
  misconfigured: 'failed',
} as const satisfies Words
