import { faultOf } from '../../lib/outbound/network-fault.ts'
import type { ExchangeResult } from './exchange.ts'

// With TLS 1.3 a server refuses the certificate of the client after the client considers the connection open.
const CERTIFICATE_REFUSED = /ALERT.*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/

/** The reason why there is no response, from the error that ended a connection or a stream. The error can be absent. */
export function faultAfter(error: unknown): ExchangeResult & { kind: 'fault' } {
  if (error === undefined || error === null) return { kind: 'fault', fault: 'connection closed' }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (CERTIFICATE_REFUSED.test(code))
    return { kind: 'fault', fault: 'client certificate refused', isOurs: true }
  return { kind: 'fault', fault: code.startsWith('ERR_HTTP2_') ? 'connection reset' : faultOf(error) }
}
