import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

// Loaded before a bundle (`bundle-belfry.ts`): stack traces show the sources. `--enable-source-maps` reads
// the source maps at the start, which takes a third of a second of a processor; this reads one with the first
// stack that needs it.

const POSITION = /(file:\/\/[^):]+\.mjs):(\d+):(\d+)/
const maps = new Map<string, SourceMap | undefined>()

function mapOf(url: string): SourceMap | undefined {
  const file = `${fileURLToPath(url)}.map`
  if (!maps.has(url))
    maps.set(url, existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined)
  return maps.get(url)
}

function inSource(position: string, url: string, line: string, column: string): string {
  const origin = mapOf(url)?.findOrigin(Number(line), Number(column))
  if (origin === undefined || !('fileName' in origin)) return position
  return `${new URL(origin.fileName, url).href}:${origin.lineNumber}:${origin.columnNumber}`
}

Error.prepareStackTrace = (error, sites) =>
  [
    error instanceof Error ? String(error) : 'Error',
    ...sites.map(
      (site) => `    at ${(site as { toString(): string }).toString().replace(POSITION, inSource)}`,
    ),
  ].join('\n')
