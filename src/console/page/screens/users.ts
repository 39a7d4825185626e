import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { call, get, withQuery } from '../api.ts'
import { Chip } from '../parts/chip.ts'
import { ConfirmButton } from '../parts/confirm-button.ts'
import { TextField } from '../parts/field.ts'
import { errorText, Loaded } from '../parts/loaded.ts'
import { type Column, Table } from '../parts/table.ts'
import { When } from '../parts/when.ts'
import { place, setQuery } from '../stores/place.ts'
import type { AccountLine, AccountPage } from '../types.ts'
import { useData } from '../use-data.ts'
import { t } from '../words.ts'

const PAGE = 50

/** The restrictions of an account, each with its key in the responses. */
const RESTRICTIONS = [
  { name: 'lock', key: 'locked' },
  { name: 'suspend', key: 'suspended' },
] as const
type Restriction = (typeof RESTRICTIONS)[number]

type ChangeAccount = (account: AccountLine, restriction: Restriction) => Promise<void>

const pageOf = (name: string, from: string) =>
  withQuery('/_synapse/admin/v3/users', { name, from, limit: PAGE, locked: 'true', deactivated: 'false' })

/** For administrators: the accounts of the server with their state; they can be locked and suspended. */
export function UsersScreen(): ComponentChildren {
  const name = place.value.query.get('name') ?? ''
  return h(
    'div',
    { class: 'sections' },
    h('h1', { tabIndex: -1 }, t('users-title')),
    h('p', { class: 'muted' }, t('users-about')),
    h(Search, { name }),
    // A page that arrives after another search must not be added to its list.
    h(Accounts, { key: name, name }),
  )
}

function Accounts({ name }: { name: string }): ComponentChildren {
  const [result, setResult] = useState('')
  const data = useData<AccountPage>(pageOf(name, '0'), (abort) => get(pageOf(name, '0'), abort))
  const more = async (from: string) => {
    try {
      const page = await get<AccountPage>(pageOf(name, from))
      data.change(({ users }) => ({ ...page, users: [...users, ...page.users] }))
    } catch (error) {
      setResult(errorText(error))
    }
  }
  const change: ChangeAccount = async (account, { name: restriction, key }) => {
    setResult(t('finding-busy'))
    const path = `/_matrix/client/v1/admin/${restriction}/${encodeURIComponent(account.name)}`
    try {
      const changed = await call<Partial<AccountLine>>('PUT', path, { body: { [key]: !account[key] } })
      data.change(({ users, ...rest }) => ({
        ...rest,
        users: users.map((one) => (one.name === account.name ? { ...one, ...changed } : one)),
      }))
      setResult(t('finding-done'))
    } catch (error) {
      setResult(errorText(error))
    }
  }
  return [
    h('p', { key: 'result', role: 'status' }, result),
    h(Loaded<AccountPage>, {
      key: 'data',
      from: data,
      children: ({ users, next_token: next }) => [
        users.length === 0
          ? h('p', { key: 'none', class: 'muted' }, t('users-none'))
          : h(Table<AccountLine>, {
              key: 'users',
              caption: t('users-title'),
              rows: users,
              keyOf: (row) => row.name,
              columns: columnsOf(change),
            }),
        next !== undefined &&
          h('button', { key: 'more', type: 'button', onClick: () => void more(next) }, t('admin-more')),
      ],
    }),
  ]
}

/** The text is in the URL when it is submitted. */
function Search({ name }: { name: string }): ComponentChildren {
  const [text, setText] = useState(name)
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    setQuery({ name: text.trim() })
  }
  return h(
    'form',
    { class: 'filters', role: 'search', onSubmit },
    h(TextField, { label: t('users-find'), value: text, onText: setText, isFilter: true }),
    h('button', { type: 'submit' }, t('users-search')),
  )
}

const columnsOf = (change: ChangeAccount): Column<AccountLine>[] => [
  {
    key: 'user',
    label: t('admin-user'),
    isName: true,
    cell: ({ name, displayname }) => [
      h('bdi', { key: 'id' }, name),
      ' ',
      h('span', { key: 'name', class: 'muted' }, h('bdi', null, displayname ?? '')),
    ],
  },
  { key: 'state', label: t('rules-state'), cell: (account) => h(State, { account }) },
  { key: 'seen', label: t('users-seen'), cell: (account) => h(When, { at: account.last_seen_ts }) },
  { key: 'actions', label: t('rules-actions'), cell: (account) => h(Actions, { account, change }) },
]

function State({ account }: { account: AccountLine }): ComponentChildren {
  const { admin, locked, suspended } = account
  return [
    admin && h(Chip, { key: 'admin', tone: 'info', icon: 'gear' }, t('users-admin')),
    locked && h(Chip, { key: 'locked', tone: 'bad', icon: 'cross' }, t('users-locked')),
    suspended && h(Chip, { key: 'suspended', tone: 'wait', icon: 'dash' }, t('users-suspended')),
    !admin && !locked && !suspended && h(Chip, { key: 'ok', tone: 'good', icon: 'check' }, t('users-active')),
  ]
}

/** The server does not let administrators restrict each other. */
function Actions({ account, change }: { account: AccountLine; change: ChangeAccount }): ComponentChildren {
  if (account.admin) return null
  return h(
    'div',
    { class: 'actions' },
    RESTRICTIONS.map((restriction) => {
      const word = `users-${account[restriction.key] ? 'un' : ''}${restriction.name}`
      return h(ConfirmButton, {
        key: restriction.name,
        label: t(word),
        target: account.name,
        about: t(`${word}-about`, { user: account.name }),
        act: () => change(account, restriction),
      })
    }),
  )
}
