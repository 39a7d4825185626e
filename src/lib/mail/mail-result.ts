import { faultOf, type NetworkFault } from '../outbound/network-fault.ts'

/** Why a mail was not sent, in words that may be shown to anybody: never a host, an address or a piece of an answer. */
export type MailFault = NetworkFault | 'login refused' | `smtp ${number}`

/**
 * What became of one mail. `sent`: the mail server took it. `refused`: it never will take this mail to this address (5xx for
 * the recipient or the message). `retry`: it may later. `status`: its answer, where there was one. `ms`: how long it took.
 */
export type MailResult =
  | { kind: 'sent'; status: number; ms: number }
  | { kind: 'refused'; error: MailFault; status: number; ms: number }
  | { kind: 'retry'; error: MailFault; status?: number; ms: number }

/** What is said to these is about the one mail; to all else, about us, which somebody may put right. */
const OF_THE_MAIL = new Set(['RCPT TO', 'DATA'])

const BY_CODE: Readonly<Record<string, NetworkFault>> = {
  ECONNECTION: 'connection closed',
  EDNS: 'dns',
  EPROTOCOL: 'bad response',
  ETIMEDOUT: 'timeout',
  ETLS: 'tls',
}

type Known = {
  code?: unknown
  originalCode?: unknown
  responseCode?: unknown
  command?: unknown
  cause?: unknown
}

/** Reads an error of nodemailer by its codes. */
export function resultOf(
  error: unknown,
):
  | { kind: 'refused'; error: MailFault; status: number }
  | { kind: 'retry'; error: MailFault; status?: number } {
  const { code, originalCode, responseCode, command } = (error instanceof Error ? error : {}) as Known
  // Whatever it answers to it: without STARTTLS nothing is sent.
  if (command === 'STARTTLS') return { kind: 'retry', error: 'tls' }
  if (typeof responseCode === 'number' && responseCode >= 400 && responseCode < 600) {
    if (code === 'EAUTH') return { kind: 'retry', error: 'login refused', status: responseCode }
    const isFinal = responseCode >= 500 && OF_THE_MAIL.has(String(command))
    return { kind: isFinal ? 'refused' : 'retry', error: `smtp ${responseCode}`, status: responseCode }
  }
  if (code === 'EAUTH') return { kind: 'retry', error: 'login refused' }
  // Beside its own word it keeps the one of the system.
  const fault = faultOf(
    typeof originalCode === 'string' ? Object.assign(new Error(), { code: originalCode }) : error,
  )
  if (fault !== 'network') return { kind: 'retry', error: fault }
  return { kind: 'retry', error: BY_CODE[String(code)] ?? fault }
}
