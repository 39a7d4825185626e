import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { HttpServer } from '../../src/http/server.ts'

type Request = {
  method?: string
  /** A path with its query; characters that a URL cannot contain are encoded. */
  url: string
  headers?: Record<string, string>
  /** An object is sent as JSON. */
  payload?: string | Buffer | object | undefined
}

export type Injected = {
  statusCode: number
  headers: IncomingHttpHeaders
  body: string
  json(): unknown
}

const listening = new WeakMap<HttpServer, Promise<{ port: number }>>()

/** Sends one request over a new connection. The first call starts the server; its configured port must be 0. */
export async function inject(server: HttpServer, asked: Request): Promise<Injected> {
  const listens = listening.get(server) ?? server.listen()
  listening.set(server, listens)
  const { port } = await listens
  const { method = 'GET', url, payload } = asked
  const { pathname, search } = new URL(url, 'http://server')
  const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload)
  const length = payload === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const sent = request({
    port,
    host: '127.0.0.1',
    method,
    path: pathname + search,
    headers: { ...asked.headers, ...length },
    agent: false,
  })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const text = (await buffer(response)).toString()
  const { statusCode = 0 } = response
  return { statusCode, headers: response.headers, body: text, json: () => JSON.parse(text) as unknown }
}
