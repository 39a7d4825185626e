import type { TestContext } from 'node:test'
import { noPostgres } from './databases.ts'
import { noNats, startNatsServer } from './nats-server.ts'

export type ClusterBus = {
  name: 'postgres' | 'nats'
  /** False, or the reason why a test cannot have processes with this bus. */
  skip: false | string
  /** The environment variables of processes with this bus. For `nats` it starts a server. */
  settings: (t: TestContext) => Promise<Record<string, string>>
}

const onPostgres: ClusterBus = { name: 'postgres', skip: noPostgres(), settings: async () => ({}) }
const onNats: ClusterBus = {
  name: 'nats',
  skip: noPostgres() || noNats,
  settings: async (t) => ({ BELFRY_CLUSTER_BUS: (await startNatsServer(t)).url }),
}

/** For journeys that run on both. */
export const BUSES = [onPostgres, onNats]

/** For journeys that run on one: `CLUSTER_BUS=nats` chooses the other one. */
export const theBus = process.env['CLUSTER_BUS'] === 'nats' ? onNats : onPostgres
