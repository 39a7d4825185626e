import assert from 'node:assert/strict'
import { test } from 'node:test'
import { join } from 'node:path'
import type { ClusterStatus } from '../../src/app.ts'
import { clusterStatusText } from '../../src/cli/cluster-status-text.ts'
import { newDataFolder } from '../support/databases.ts'
import { runBelfry } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'

const server = {
  id: 'AAAA',
  host: 'one.example',
  pid: 11,
  version: '0.1.0',
  roles: ['http'],
  since: Date.UTC(2026, 10, 29, 4, 5),
  heartbeat_age_ms: 1200,
  is_alive: true,
  tasks: ['cluster'],
  leases: {},
  bus: { kind: 'postgres', connected: true, peers: 2 },
  has_other_settings: false,
}

const status: ClusterStatus = {
  database: 'postgres',
  is_served: true,
  processes: [
    server,
    {
      ...server,
      id: 'BBBB',
      pid: 12,
      roles: [],
      tasks: [],
      bus: { kind: 'postgres', connected: false, peers: 0 },
      has_other_settings: true,
    },
    {
      ...server,
      id: 'CCCC',
      roles: ['delivery'],
      heartbeat_age_ms: 11_000,
      is_alive: false,
      leases: { poke: 3 },
      bus: null,
    },
  ],
  missing_roles: ['delivery', 'sweep'],
  stream: { shards: 16, position: 4242, search_positions_behind: 1 },
  queues: [
    { kind: 'poke', items: 7, lanes: 4, due_lanes: 2, waiting_lanes: 1, oldest_due_ms: 65_000 },
    { kind: 'push', items: 1, lanes: 1, due_lanes: 0, waiting_lanes: 1, oldest_due_ms: null },
  ],
}

test('shows the processes, what each does, the queues, and roles without a process', () => {
  assert.equal(
    clusterStatusText(status),
    `PostgreSQL: 2 live processes. No process has delivery, sweep.

PROCESS  HOST         PID  VERSION  ROLES     SINCE              HEARTBEAT      TASKS    LEASES   BUS                     SETTINGS
AAAA     one.example  11   0.1.0    http      2026-11-29T04:05Z  1.2 s          cluster  -        postgres, hears 2       same
BBBB     one.example  12   0.1.0    leaving   2026-11-29T04:05Z  1.2 s          -        -        postgres, disconnected  others
CCCC     one.example  11   0.1.0    delivery  2026-11-29T04:05Z  11.0 s (dead)  cluster  3 pokes  unknown                 same

QUEUE    ITEMS  RECIPIENTS  DUE  OLDEST DUE  WAIT FOR A RETRY
pokes    7      4           2    65.0 s      1
gateway  1      1           0    -           1

Stream: 16 shards, newest position 4242. Search index: 1 position behind.`,
  )
})

test('on SQLite, says whether a process serves the database', async (t) => {
  const data = newDataFolder(t)
  const { close } = await startTestServer(t, {
    data,
    flags: ['--database', `sqlite:${join(data, 'belfry.db')}`],
  })
  const read = () => runBelfry(t, ['cluster', 'status', '--database', `sqlite:${join(data, 'belfry.db')}`])
  const running = await read()
  assert.deepEqual([running.code, running.stderr], [0, ''])
  assert.match(
    running.stdout,
    /^SQLite: one process serves the database, with all roles\.\n\nNothing is queued\.\n\nStream: 1 shard, /,
  )
  await close()
  const stopped = await read()
  assert.equal(stopped.code, 1)
  assert.match(stopped.stdout, /^SQLite: no process serves the database\./)
})
