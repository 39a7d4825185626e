import { connect, type ClientHttp2Session } from 'node:http2'
import { isIP } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'

import { openTunnel, type Proxy, proxyFor } from '../../lib/outbound/proxy.ts'

const SESSION_MEMORY_MB = 64
const SETTINGS = { settings: { enablePush: false }, maxSessionMemory: SESSION_MEMORY_MB }

/**
 * Opens a connection. Returns the session before its first event. Rejects when the tunnel through the proxy
 * fails; later errors are events of the session.
 */
export async function dial(
  {
    url,
    secureContext,
    proxy: given,
  }: { url: URL; secureContext: SecureContext | undefined; proxy: Proxy | undefined },
  signal: AbortSignal,
  onSession: (session: ClientHttp2Session) => void,
): Promise<void> {
  const proxy = proxyFor(given, url)
  const trust = secureContext === undefined ? {} : { secureContext }
  if (proxy === undefined) return onSession(connect(url, { ...SETTINGS, ...trust }))
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isPlain = url.protocol === 'http:'
  const port = url.port === '' ? (isPlain ? 80 : 443) : Number(url.port)
  const socket = await openTunnel(proxy, { host, port }, signal)
  const names = isIP(host) === 0 ? { servername: host } : {}
  const createConnection = () =>
    isPlain ? socket : connectTls({ socket, host, ALPNProtocols: ['h2'], ...names, ...trust })
  onSession(connect(url, { ...SETTINGS, createConnection }))
}
