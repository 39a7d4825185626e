import { isIP } from 'node:net'

import type { buildConnector } from 'undici'

import { openTunnel, type Proxy } from './proxy.ts'

/** Connects through the proxy; `connect` then continues on that socket (TLS, if the URL uses it). */
export function throughProxy(
  proxy: Proxy,
  connect: buildConnector.connector,
  timeoutMs: number,
): buildConnector.connector {
  return (options, callback) => {
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
    const host = options.hostname
    openTunnel(proxy, { host, port }, AbortSignal.timeout(timeoutMs)).then(
      (socket) => {
        if (options.protocol !== 'https:') return process.nextTick(callback, null, socket)
        const servername = isIP(host) === 0 ? host : undefined
        connect({ ...options, ...(servername !== undefined && { servername }), httpSocket: socket }, callback)
      },
      (error: unknown) => process.nextTick(callback, error, null),
    )
  }
}
