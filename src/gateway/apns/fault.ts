import { faultOf } from '../../lib/outbound/network-fault.ts'
import type { ExchangeResult } from './exchange.ts'

// With TLS 1.3 a server refuses the client's certificate after the client thinks that the connection stands.
const CERTIFICATE_REFUSED = /ALERT.*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/

/** Why there is no answer, by the error with which a connection or a stream ended; it may have ended without one. */
export function faultAfter(error: unknown): ExchangeResult & { kind: 'fault' } {
  if (error === undefined || error === null) return { kind: 'fault', fault: 'connection closed' }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (CERTIFICATE_REFUSED.test(code))
    return { kind: 'fault', fault: 'client certificate refused', isOurs: true }
  return { kind: 'fault', fault: code.startsWith('ERR_HTTP2_') ? 'connection reset' : faultOf(error) }
}
