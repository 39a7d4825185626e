import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A notification that the service worker has shown, with the payload of the push. */
export type Shown = { title: string; body: string; payload: Record<string, unknown> }

/** The page of a small web client, on an origin that allows service workers. */
export type WebApp = AsyncDisposable & { url: string; readonly shown: readonly Shown[] }

const FILES: Readonly<Record<string, [name: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/app.js': ['app.js', 'text/javascript'],
  '/worker.js': ['worker.js', 'text/javascript'],
}

export async function startWebApp(): Promise<WebApp> {
  const shown: Shown[] = []
  const server = createServer((request, response) => {
    const respond = async () => {
      if (request.method === 'POST') {
        shown.push((await json(request)) as Shown)
        return response.end()
      }
      const [name, type] = FILES[request.url ?? ''] ?? []
      if (name === undefined) return response.writeHead(404).end()
      const file = await readFile(new URL(`web-app/${name}`, import.meta.url))
      return response.writeHead(200, { 'content-type': type }).end(file)
    }
    respond().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    shown,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.once('close', resolve))
    },
  }
}
