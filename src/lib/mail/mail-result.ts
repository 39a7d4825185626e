import { faultOf, type NetworkFault } from '../outbound/network-fault.ts'

/**
 * Why a mail was not sent, as a word that is safe to show to users: never a host, an address or a part of a response.
 */
export type MailFault = NetworkFault | 'login refused' | `smtp ${number}`

/**
 * The result of sending one mail. `sent`: the mail server accepted it. `refused`: the server refuses this mail to
 * this address permanently (5xx for the recipient or the message). `retry`: a later attempt may succeed. `status`:
 * the response code, if there was one. `ms`: the duration.
 */
export type MailResult =
  | { kind: 'sent'; status: number; ms: number }
  | { kind: 'refused'; error: MailFault; status: number; ms: number }
  | { kind: 'retry'; error: MailFault; status?: number; ms: number }

/**
 * A refusal of these commands concerns this mail. A refusal of any other command concerns the server's configuration,
 * which the operator may correct.
 */
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

/** Classifies an error of nodemailer by its codes. */
export function resultOf(
  error: unknown,
):
  | { kind: 'refused'; error: MailFault; status: number }
  | { kind: 'retry'; error: MailFault; status?: number } {
  const { code, originalCode, responseCode, command } = (error instanceof Error ? error : {}) as Known
  // For any response to STARTTLS: without it nothing is sent.
  if (command === 'STARTTLS') return { kind: 'retry', error: 'tls' }
  if (typeof responseCode === 'number' && responseCode >= 400 && responseCode < 600) {
    if (code === 'EAUTH') return { kind: 'retry', error: 'login refused', status: responseCode }
    const isFinal = responseCode >= 500 && OF_THE_MAIL.has(String(command))
    return { kind: isFinal ? 'refused' : 'retry', error: `smtp ${responseCode}`, status: responseCode }
  }
  if (code === 'EAUTH') return { kind: 'retry', error: 'login refused' }
  // nodemailer keeps the code of the system error beside its own.
  const fault = faultOf(
    typeof originalCode === 'string' ? Object.assign(new Error(), { code: originalCode }) : error,
  )
  if (fault !== 'network') return { kind: 'retry', error: fault }
  return { kind: 'retry', error: BY_CODE[String(code)] ?? fault }
}
