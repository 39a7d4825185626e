import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleBelfry } from './bundle-belfry.ts'
import { createTemplates } from './databases.ts'
import { type Cluster, startCluster } from './postgres.ts'

// One PostgreSQL cluster for the whole run; each test creates its own database in it, as a copy of a template.
let cluster: Cluster | undefined
const folder = mkdtempSync(join(tmpdir(), 'belfry-templates-'))

export async function globalSetup(): Promise<void> {
  cluster = startCluster()
  if ('url' in cluster) process.env['TEST_POSTGRES'] = cluster.url
  else process.env['TEST_POSTGRES_MISSING'] = cluster.missing
  // It costs more than one file saves. The coverage is that of the sources.
  if (process.env['TEST_BUNDLE'] !== undefined && process.env['NODE_V8_COVERAGE'] === undefined)
    process.env['TEST_BELFRY_BUNDLE'] = await bundleBelfry()
  await createTemplates(folder, process.env['TEST_POSTGRES'])
}

export function globalTeardown(): void {
  rmSync(folder, { recursive: true, force: true })
  if (cluster && 'url' in cluster) cluster.stop()
}
