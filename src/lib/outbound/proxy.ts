import { connect, isIP, type Socket } from 'node:net'

/** A forward proxy with support for CONNECT (RFC 9110, section 9.3.6). */
export type Proxy = {
  host: string
  port: number
  /** For `Proxy-Authorization`. A secret. */
  authorization?: string
  /** Whether this host is called without the proxy. Default: no host is. */
  bypasses?: (host: string, port: number) => boolean
}

/** The proxy for this URL; `undefined`: the URL is called directly. */
export function proxyFor(proxy: Proxy | undefined, url: URL): Proxy | undefined {
  return proxy?.bypasses?.(url.hostname, portOf(url)) === true ? undefined : proxy
}

const portOf = ({ port, protocol }: URL) => (port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port))

/**
 * Parses `http://[USER:PASSWORD@]HOST[:PORT]`. A user without a password is ignored, like in Sygnal.
 *
 * @throws {RangeError} with the expected form and without the given value, which may contain a password.
 */
export function parseProxy(text: string): Proxy {
  const url = URL.parse(text)
  const [user, password] = [decoded(url?.username), decoded(url?.password)]
  if (url?.protocol !== 'http:' || url.hostname === '' || user === undefined || password === undefined) {
    throw new RangeError(
      'expected http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT; a % in the password is %25',
    )
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    ...(user !== '' &&
      password !== '' && { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }),
  }
}

/** undefined: a percent sign is not followed by the digits of a character. */
function decoded(part = ''): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** The proxy did not open a tunnel. */
export class ProxyError extends Error {
  override name = 'ProxyError'
  readonly code = 'ERR_PROXY'
}

const MAX_HEAD_BYTES = 16_384
const END_OF_HEAD = '\r\n\r\n'

/**
 * A connection to `host` and `port` through the proxy, before TLS. The proxy resolves the name. Rejects with
 * `ProxyError`, with the network error of the connection to the proxy, or when the signal aborts.
 */
export async function openTunnel(
  proxy: Proxy,
  target: { host: string; port: number },
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connect({ host: proxy.host, port: proxy.port })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stop = () =>
    reject(Object.assign(new Error('the proxy opened no tunnel in time'), { code: 'ETIMEDOUT' }))
  const onClose = () => reject(new ProxyError('closed without a response'))
  let head = Buffer.alloc(0)
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf(END_OF_HEAD)
    if (end < 0)
      return head.length > MAX_HEAD_BYTES ? reject(new ProxyError('not an HTTP response')) : undefined
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1', 0, end))?.[1]
    if (status === undefined || !status.startsWith('2')) {
      return reject(new ProxyError(status === undefined ? 'not an HTTP response' : `status ${status}`))
    }
    socket.pause()
    const early = head.subarray(end + END_OF_HEAD.length)
    if (early.length > 0) socket.unshift(early)
    resolve()
  }
  socket.on('data', onData).on('error', reject).on('close', onClose)
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (signal.aborted) stop()
    else socket.write(connectRequest(proxy, target))
    await promise
    return socket
  } catch (error) {
    // Errors of the closed socket no longer matter.
    socket.on('error', () => {}).destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    socket.off('data', onData).off('error', reject).off('close', onClose)
  }
}

function connectRequest({ authorization }: Proxy, { host, port }: { host: string; port: number }): string {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`]
  if (authorization !== undefined) lines.push(`Proxy-Authorization: ${authorization}`)
  return `${lines.join('\r\n')}${END_OF_HEAD}`
}
