import { columnsText } from './columns-text.ts'
import type { AccountRow } from './command.ts'

/** One line for each account, in columns. */
export function accountsText(accounts: readonly AccountRow[]): string {
  if (accounts.length === 0) return 'There are no accounts. `belfry user add NAME` creates one.'
  const rows = accounts.map((one) => [
    one.user_id,
    stateOf(one),
    devicesOf(one),
    day(one.created_at),
    seen(one),
  ])
  const table = [['USER', 'STATE', 'DEVICES', 'CREATED', 'LAST REQUEST'], ...rows]
  return columnsText(table)
}

function stateOf({ is_admin, deactivated_at, locked_at, suspended_at }: AccountRow): string {
  if (deactivated_at !== null) return `deactivated ${day(deactivated_at)}`
  if (locked_at !== null) return `locked ${day(locked_at)}`
  if (suspended_at !== null) return `suspended ${day(suspended_at)}`
  return is_admin ? 'administrator' : 'active'
}

const devicesOf = ({ devices }: AccountRow) => String(devices)

const seen = ({ last_seen_at }: AccountRow) =>
  last_seen_at === null ? 'never' : `${new Date(last_seen_at).toISOString().slice(0, 16)}Z`

const day = (at: number) => new Date(at).toISOString().slice(0, 10)
