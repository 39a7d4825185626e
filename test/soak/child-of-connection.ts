import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * Which child of this process has this TCP connection between two ports of 127.0.0.1. Undefined: it has ended,
 * or the system is not Linux. Connections of two processes to different ports can have the same local port.
 */
export function childOfConnection({ from, to }: { from: number; to: number }): number | undefined {
  const [local, remote] = [addressOf(from), addressOf(to)]
  const rows = textOf('/proc/net/tcp').split('\n')
  const isConnection = (fields: readonly string[]) => fields[1] === local && fields[2] === remote
  const inode = rows.map((row) => row.trim().split(/\s+/)).find(isConnection)?.[9]
  return inode === undefined ? undefined : children().find((pid) => hasSocket(pid, `socket:[${inode}]`))
}

const addressOf = (port: number) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`

const children = () => textOf(`/proc/self/task/${process.pid}/children`).trim().split(' ').map(Number)

function hasSocket(pid: number, name: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`
    return readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === name)
  } catch {
    return false
  }
}

/** A file descriptor can be closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
