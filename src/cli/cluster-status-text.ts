import type { ClusterStatus } from '../app.ts'
import { columnsText } from './columns-text.ts'

type Process = ClusterStatus['processes'][number]

const KINDS = { poke: 'pokes', mail: 'mails', push: 'gateway' } as const

export function clusterStatusText(status: ClusterStatus): string {
  const { stream } = status
  const parts = [
    summaryOf(status),
    ...(status.processes.length > 0 ? [processesText(status.processes)] : []),
    queuesText(status),
    `Stream: ${counted(stream.shards, 'shard')}, newest position ${stream.position}. Search index: ${counted(stream.search_positions_behind, 'position')} behind.`,
  ]
  return parts.join('\n\n')
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

function summaryOf({ database, is_served, processes, missing_roles: missing }: ClusterStatus): string {
  if (database === 'sqlite')
    return is_served
      ? 'SQLite: one process serves the database, with all roles.'
      : 'SQLite: no process serves the database.'
  const live = processes.filter((one) => one.is_alive).length
  const roles = missing.length === 0 ? 'Every role has a process.' : `No process has ${missing.join(', ')}.`
  return `PostgreSQL: ${live} live ${live === 1 ? 'process' : 'processes'}. ${roles}`
}

function processesText(processes: readonly Process[]): string {
  const rows = processes.map((one) => [
    one.id,
    one.host,
    String(one.pid),
    one.version,
    one.roles.join(',') || 'leaving',
    `${new Date(one.since).toISOString().slice(0, 16)}Z`,
    `${seconds(one.heartbeat_age_ms)}${one.is_alive ? '' : ' (dead)'}`,
    one.tasks.join(',') || '-',
    leasesOf(one),
    busOf(one),
    one.has_other_settings ? 'others' : 'same',
  ])
  const head = ['PROCESS', 'HOST', 'PID', 'VERSION', 'ROLES', 'SINCE', 'HEARTBEAT', 'TASKS', 'LEASES', 'BUS']
  return columnsText([[...head, 'SETTINGS'], ...rows])
}

function leasesOf({ leases }: Process): string {
  const held = Object.entries(KINDS).flatMap(([kind, name]) => {
    const count = leases[kind as keyof typeof KINDS]
    return count === undefined ? [] : [`${count} ${name}`]
  })
  return held.join(', ') || '-'
}

function busOf({ bus }: Process): string {
  if (bus === null) return 'unknown'
  return `${bus.kind}, ${bus.connected ? `hears ${bus.peers}` : 'disconnected'}`
}

function queuesText({ queues }: ClusterStatus): string {
  if (queues.length === 0) return 'Nothing is queued.'
  const rows = queues.map((one) => [
    KINDS[one.kind],
    String(one.items),
    String(one.lanes),
    String(one.due_lanes),
    one.oldest_due_ms === null ? '-' : seconds(one.oldest_due_ms),
    String(one.waiting_lanes),
  ])
  return columnsText([['QUEUE', 'ITEMS', 'RECIPIENTS', 'DUE', 'OLDEST DUE', 'WAIT FOR A RETRY'], ...rows])
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
