import type { BenchOptions, Report } from './benchmark.ts'
import { addSyncWorld, type SyncWorld } from './support/http-seed.ts'
import { type Program, temporaryFolder } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { rounded } from './support/stats.ts'
import { SYNC_MODES, type SyncMode } from './support/sync-modes.ts'
import { launchSynapse, reasonWithoutSynapse, synapseVersion } from './support/synapse.ts'
import { figure, type Table } from './support/table.ts'
import { type LoadGroup, measureLoad } from './sync-load.ts'
import { measureIncremental, measureInitial, WARM_UP } from './sync-single.ts'
import { atLeast } from './support/target.ts'

// Both forms of sync of Belfry beside those of Synapse: the same users, rooms and messages, filled over HTTP,
// with the same clients. It has fewer users than the rest of `sync`, because Synapse needs a minute to create
// them.

const CLIENTS = 100
const SMALL_ROOMS = 50
const SMALL_ROUNDS = 100
const LARGE_ROUNDS = 10
const INCREMENTAL_ROUNDS = { warmUp: WARM_UP, counted: 100 }
/** A thousand syncs. */
const LARGE_WARM_UP = 10
const MIN_TIMES = 10

const SIDES = ['synapse', 'belfry'] as const
type SideName = (typeof SIDES)[number]
type Peer = { program: Program; world: SyncWorld }
/** A kind of work in one form of sync, and the CPU that each server needs for it, in milliseconds. */
type Line = { work: string; mode: SyncMode['name']; cpuMs: Record<SideName, number>; times: number }

/** The part of `sync` that needs Synapse. Without it, the report has the reason. */
export async function measureBesideSynapse(options: BenchOptions): Promise<Report> {
  const { synapsePython: python } = options
  const version = await synapseVersion(python)
  if (version === undefined) return skipped(reasonWithoutSynapse(python))
  await using stack = new AsyncDisposableStack()
  const folder = () => stack.use(temporaryFolder()).path
  const peerOf = async (program: Program): Promise<Peer> => {
    stack.use(program)
    return {
      program,
      world: await addSyncWorld(program.url, { clients: CLIENTS, rooms: SMALL_ROOMS }),
    }
  }
  const peers = {
    synapse: await peerOf(await launchSynapse(python, folder())),
    belfry: await peerOf(await launchBelfry(folder(), options)),
  }
  const lines: Line[] = []
  for (const mode of SYNC_MODES) lines.push(...(await measureMode(peers, mode)))
  return report(lines, version)
}

async function measureMode(peers: Record<SideName, Peer>, mode: SyncMode): Promise<Line[]> {
  const works = new Map<string, Record<SideName, number>>()
  for (const side of SIDES)
    for (const [work, cpuMs] of Object.entries(await measurePeer(peers[side], mode))) {
      const found = works.get(work) ?? { synapse: Number.NaN, belfry: Number.NaN }
      works.set(work, { ...found, [side]: cpuMs })
    }
  return [...works].map(([work, cpuMs]) => ({
    work,
    mode: mode.name,
    cpuMs,
    times: cpuMs.synapse / cpuMs.belfry,
  }))
}

/** CPU in milliseconds by the kind of work. */
async function measurePeer({ program, world }: Peer, mode: SyncMode): Promise<Record<string, number>> {
  const { owner, clients, small, large } = world
  const sender = { roomId: large.roomId, token: clients[0]?.token ?? '' }
  const initial = await measureInitial(program, { mode, reader: owner })
  const incremental = await measureIncremental(program, {
    mode,
    reader: owner,
    sender,
    rounds: INCREMENTAL_ROUNDS,
  })
  const groups: LoadGroup[] = [
    { size: 2, warmUp: 20, rounds: SMALL_ROUNDS, rooms: small },
    { size: CLIENTS + 1, warmUp: LARGE_WARM_UP, rounds: LARGE_ROUNDS, rooms: [large] },
  ]
  const bySize = await measureLoad(program, { mode, seeded: { clients, groups }, hasMetrics: false })
  const delivered = [...bySize].map(([size, { cpuMsEach }]) => [
    `a message into a room of ${size}, for each delivered event`,
    cpuMsEach,
  ])
  return {
    [`initial sync of ${SMALL_ROOMS + 1} rooms`]: initial.cpuMs,
    [`incremental sync of one event in ${SMALL_ROOMS + 1} rooms`]: incremental.cpuMs,
    ...Object.fromEntries(delivered),
  }
}

function report(lines: readonly Line[], version: string): Report {
  const table: Table = {
    title: `Beside Synapse ${version}, ${CLIENTS} waiting users: CPU ms of the server`,
    columns: ['', 'form', 'Synapse', 'belfry', 'times'],
    rows: lines.map(({ work, mode, cpuMs, times }) => [
      work,
      mode,
      figure(cpuMs.synapse, 2),
      figure(cpuMs.belfry, 2),
      figure(times, 1),
    ]),
  }
  const targets = lines.map(({ work, mode, times }) =>
    atLeast(`${work}, ${mode}: at least ${MIN_TIMES} times less CPU than Synapse`, {
      value: times,
      limit: MIN_TIMES,
      unit: 'times',
    }),
  )
  const figures = {
    synapse: version,
    waiting: CLIENTS,
    cpuMs: lines.map(({ work, mode, cpuMs, times }) => ({ work, mode, ...rounded({ ...cpuMs, times }) })),
  }
  return { tables: [table], targets, figures }
}

function skipped(reason: string): Report {
  const table = { title: 'Not measured', columns: [''], rows: [[`Synapse: ${reason}`]] }
  return { tables: [table], targets: [], figures: { skipped: reason } }
}
