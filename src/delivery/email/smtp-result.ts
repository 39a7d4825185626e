import { faultOf, type NetworkFault } from '../../lib/outbound/network-fault.ts'
import type { SendResult, Untimed } from '../../sending/result.ts'

/**
 * Why a mail was not sent, as a word that is safe to show to users: never a host, an address or a part of a response.
 */
export type MailFault = NetworkFault | 'login refused' | `smtp ${number}`

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

/** Classifies an error of nodemailer by its codes. A login that is refused is a wrong configuration. */
export function resultOf(error: unknown): Untimed<SendResult<MailFault>> {
  const { code, originalCode, responseCode, command } = (error instanceof Error ? error : {}) as Known
  // For any response to STARTTLS: without it nothing is sent.
  if (command === 'STARTTLS') return { kind: 'retry', reason: 'tls' }
  if (typeof responseCode === 'number' && responseCode >= 400 && responseCode < 600) {
    if (code === 'EAUTH') return { kind: 'misconfigured', reason: 'login refused', status: responseCode }
    const isFinal = responseCode >= 500 && OF_THE_MAIL.has(String(command))
    return { kind: isFinal ? 'refused' : 'retry', reason: `smtp ${responseCode}`, status: responseCode }
  }
  if (code === 'EAUTH') return { kind: 'misconfigured', reason: 'login refused' }
  // nodemailer keeps the code of the system error beside its own.
  const fault = faultOf(
    typeof originalCode === 'string' ? Object.assign(new Error(), { code: originalCode }) : error,
  )
  if (fault !== 'network') return { kind: 'retry', reason: fault }
  return { kind: 'retry', reason: BY_CODE[String(code)] ?? fault }
}
