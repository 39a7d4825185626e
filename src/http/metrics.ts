import { once } from 'node:events'
import type { Clock } from '../lib/clock.ts'
import type { Metrics } from '../lib/metrics.ts'
import { createServer } from '../lib/node-http.ts'
import { sharedFor } from '../lib/shared-for.ts'
import { content } from './content.ts'
import { defineRoute, type Route } from './route.ts'

/** Rendering blocks the event loop for some milliseconds. */
const RENDERED_FOR_MS = 1_000

/** All metrics in the text format of Prometheus; rendered at most once a second. */
export type Scrape = { contentType: string; text: () => Promise<string> }

export function createScrape({ registry, render }: Metrics, clock: Clock): Scrape {
  return {
    contentType: registry.contentType,
    text: sharedFor(render, { ms: RENDERED_FOR_MS, clock }),
  }
}

/** `GET /metrics` on the main listener. */
export function metricsRoute({ contentType, text }: Scrape): Route {
  return defineRoute({
    method: 'GET',
    path: '/metrics',
    auth: 'none',
    limit: 'none',
    summary: 'All metrics in the text format of Prometheus',
    response: { 200: { mediaType: 'text/plain' } },
    handler: async () => content(200, { data: await text(), type: contentType }),
  })
}

export type MetricsServer = { listen(): Promise<void>; close(): Promise<void> }

/** A listener for metrics only, on an address that clients cannot reach. Every path returns the metrics. */
export function createMetricsServer(scrape: Scrape, at: { host: string; port: number }): MetricsServer {
  const server = createServer((_request, response) => {
    scrape.text().then(
      (text) => response.writeHead(200, { 'content-type': scrape.contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  return {
    async listen() {
      server.listen(at.port, at.host)
      await once(server, 'listening')
    },
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
