import { type Cluster, startCluster } from './postgres.ts'

// One PostgreSQL cluster for the whole run; each test creates its own database in it.
let cluster: Cluster | undefined

export function globalSetup(): void {
  cluster = startCluster()
  if ('url' in cluster) process.env['TEST_POSTGRES'] = cluster.url
  else process.env['TEST_POSTGRES_MISSING'] = cluster.missing
}

export function globalTeardown(): void {
  if (cluster && 'url' in cluster) cluster.stop()
}
