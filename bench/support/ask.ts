import { type Agent, request, type RequestOptions } from 'node:http'
import { text } from 'node:stream/consumers'

/** The number of syncs that wait for news, from the metrics of the server. */
export function waitingSyncs(metrics: string): number {
  return Number(/^belfry_sync_waiting (\d+)$/m.exec(metrics)?.[1] ?? 0)
}

/** The body of a response with status 200. Rejects for any other status. */
export function ask(agent: Agent, url: string, token: string): Promise<string> {
  return send(url, { agent, headers: { authorization: `Bearer ${token}` } }, undefined)
}

/** The same for a POST request with a JSON body. */
export function post(
  agent: Agent,
  url: string,
  { token, json }: { token: string; json: string },
): Promise<string> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(json),
  }
  return send(url, { agent, headers, method: 'POST' }, json)
}

function send(url: string, options: RequestOptions, json: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, options, (response) => {
      text(response).then((body) => {
        if (response.statusCode === 200) resolve(body)
        else reject(new Error(`${url.split('?')[0]}: ${response.statusCode} ${body}`))
      }, reject)
    })
      .once('error', reject)
      .end(json)
  })
}
