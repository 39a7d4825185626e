import { BLOCKED } from './ip-policy.ts'

/** Why a request failed, as a word that is safe to show to users: never a host, a pushkey or a part of a response. */
export type NetworkFault =
  | 'bad response'
  | typeof BLOCKED
  | 'connection closed'
  | 'connection refused'
  | 'connection reset'
  | 'dns'
  | 'network'
  | 'proxy'
  | 'stopped'
  | 'timeout'
  | 'tls'
  | 'unreachable'

const BY_CODE: Readonly<Record<string, NetworkFault>> = {
  ERR_BLOCKED_ADDRESS: BLOCKED,
  ERR_PROXY: 'proxy',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  EAI_NONAME: 'dns',
  ENODATA: 'dns',
  ENOTFOUND: 'dns',
  ECONNREFUSED: 'connection refused',
  ECONNABORTED: 'connection reset',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'timeout',
  EACCES: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  ENETUNREACH: 'unreachable',
  EPERM: 'unreachable',
  EPROTO: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  INVALID_CA: 'tls',
  INVALID_PURPOSE: 'tls',
  PATH_LENGTH_EXCEEDED: 'tls',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_CLOSED: 'stopped',
  UND_ERR_DESTROYED: 'stopped',
  UND_ERR_HEADERS_OVERFLOW: 'bad response',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'bad response',
}

// OpenSSL's verification results and Node's TLS errors: `CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`, …
const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|ERROR_IN_C)|SELF_SIGNED/

/** The fault for a network error, by the code of the error. */
export function faultOf(error: unknown): NetworkFault {
  // Its code is not always set. Compared by name, so that callers need not load the HTTP client.
  if (error instanceof Error && error.name === 'HTTPParserError') return 'bad response'
  const code = codeOf(error)
  if (code === undefined) return 'network'
  if (TLS_CODE.test(code)) return 'tls'
  return Object.hasOwn(BY_CODE, code) ? (BY_CODE[code] ?? 'network') : 'network'
}

/** A failed connection to several addresses is an `AggregateError`, which may have no code of its own. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return error instanceof AggregateError ? codeOf(error.errors[0]) : undefined
}
