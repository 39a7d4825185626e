import { z } from 'zod'
import { setting } from './setting.ts'

/**
 * The parts of the program that a process runs. `http`: the API for clients. `delivery`: pokes and mail.
 * `gateway`: the push gateway. `sweep`: removes old rows; of all processes with this role one does it.
 */
export const ROLES = ['http', 'delivery', 'gateway', 'sweep'] as const

export type Role = (typeof ROLES)[number]

const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text)

/** Each item may have several roles, separated by commas. */
const roles = z.array(z.string()).transform((items, context) => {
  const names = items.flatMap((item) => item.split(',')).map((name) => name.trim())
  const unknown = names.find((name) => !isRole(name))
  if (names.length === 0 || unknown !== undefined) {
    context.addIssue({ code: 'custom', message: `expected one or more of ${ROLES.join(', ')}` })
    return z.NEVER
  }
  return ROLES.filter((role) => names.includes(role))
})

export const rolesSetting = setting(roles.prefault([...ROLES]), {
  about:
    'What this process does: `http` (the API for clients), `delivery` (pokes and mail), `gateway` (the push gateway), `sweep` (removes old data). Several processes on one PostgreSQL database can divide the roles; on SQLite a process has all.',
  flag: 'roles',
  value: 'LIST',
  shownDefault: 'http,delivery,gateway,sweep',
})

/** For operators: not all roles of a server. */
export const isPart = ({ roles: given }: { roles: readonly Role[] }) => given.length < ROLES.length
