import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { get, withQuery } from '../api.ts'
import { DEVICE_LOOKS, deviceWord } from '../parts/delivery.ts'
import { Field, Select, TextField } from '../parts/field.ts'
import { JourneyTable } from '../parts/journey-table.ts'
import { LiveBadge, NewsButton } from '../parts/live-badge.ts'
import { Loaded, Notice } from '../parts/loaded.ts'
import { hrefOf, navigate, place, setQuery } from '../stores/place.ts'
import { session } from '../stores/session.ts'
import type { PusherList } from '../types.ts'
import { useData } from '../use-data.ts'
import { type JourneyFeed, type JourneyFilters, type ShownJourneys, useJourneys } from '../use-journeys.ts'
import { t } from '../words.ts'

const PAGE = 50
const SINCE = ['1h', '24h', '7d', ''] as const
const FILTERS = ['state', 'device', 'room', 'since'] as const

/** The journeys of the user, live, with filters in the URL. `?user=` is for administrators. */
export function JourneysScreen(): ComponentChildren {
  const { query } = place.value
  const user = query.get('user') ?? undefined
  const filters: JourneyFilters = {
    ...Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? undefined])),
    user_id: user,
  }
  const feed = useJourneys(filters, PAGE)
  const isFiltered = FILTERS.some((name) => query.has(name))
  return h(
    'div',
    null,
    h(
      'div',
      { class: 'title-line' },
      h('h1', { tabIndex: -1 }, t('journeys-title')),
      h(LiveBadge, { live: feed.live }),
    ),
    user !== undefined && h('p', { class: 'muted' }, t('fact-user'), ' ', h('bdi', null, user)),
    h(Filters, { filters, isFiltered }),
    h(Loaded<ShownJourneys>, {
      from: feed.list,
      children: (shown) => h(List, { feed, shown, isFiltered, user }),
    }),
  )
}

type ListProps = { feed: JourneyFeed; shown: ShownJourneys; isFiltered: boolean; user: string | undefined }

function List({ feed, shown, isFiltered, user }: ListProps): ComponentChildren {
  const { lines, total, isAtLeast } = shown
  const [isBusy, setBusy] = useState(false)
  const { loadOlder } = feed
  const older = async () => {
    setBusy(true)
    await loadOlder?.().catch(() => undefined)
    setBusy(false)
  }
  return h(
    'div',
    { class: 'list' },
    h(NewsButton, { count: feed.news, show: feed.showNews }),
    lines.length === 0
      ? h(
          Notice,
          { icon: 'list', title: t(isFiltered ? 'list-none-match' : 'list-none') },
          h('p', null, t(isFiltered ? 'list-none-match-about' : 'list-none-about')),
        )
      : h(JourneyTable, { lines, ...(user !== undefined && { user }) }),
    h(
      'p',
      { class: 'muted', role: 'status' },
      t(isAtLeast ? 'list-total-at-least' : 'list-total', { count: total }),
    ),
    loadOlder !== undefined &&
      h('button', { type: 'button', disabled: isBusy, onClick: () => void older() }, t('list-older')),
  )
}

function Filters({
  filters,
  isFiltered,
}: {
  filters: JourneyFilters
  isFiltered: boolean
}): ComponentChildren {
  const user = session.value.state === 'in' ? session.value.user.user_id : undefined
  const path = withQuery('/_belfry/v1/pushers', { user_id: filters.user_id ?? user })
  const { value } = useData(path, (abort) => get<PusherList>(path, abort))
  const pushers = value.state === 'ready' ? value.data.pushers : []
  const select = (name: 'state' | 'device' | 'since', options: readonly (readonly [string, string])[]) =>
    h(Field, {
      label: t(`filter-${name}`),
      children: ({ id }) =>
        h(Select<string>, {
          id,
          value: filters[name] ?? '',
          options,
          onChange: (chosen) => setQuery({ [name]: chosen }),
          ...(name === 'state' && { isFilter: true }),
        }),
    })
  const all = ['', t('filter-all')] as const
  return h(
    'div',
    { class: 'filters', role: 'search' },
    select('state', [all, ...Object.keys(DEVICE_LOOKS).map((state) => [state, deviceWord(state)] as const)]),
    select('device', [
      all,
      ...pushers.map((one) => [String(one.pusher_id), one.device_display_name] as const),
    ]),
    select(
      'since',
      SINCE.map((since) => [since, t(since === '' ? 'filter-all' : `since-${since}`)] as const).toReversed(),
    ),
    h(TextField, {
      label: t('filter-room'),
      value: filters.room ?? '',
      onText: (room) => setQuery({ room }),
    }),
    h(EventLookup, null),
    isFiltered &&
      h(
        'button',
        {
          type: 'button',
          class: 'plain',
          onClick: () => navigate(hrefOf('/journeys', { user: filters.user_id })),
        },
        t('filter-clear'),
      ),
  )
}

/** Opens a journey by the id of its event. */
function EventLookup(): ComponentChildren {
  const [id, setId] = useState('')
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    if (id.trim() !== '') navigate(hrefOf(`/journeys/${encodeURIComponent(id.trim())}`))
  }
  return h(
    'form',
    { onSubmit, class: 'lookup' },
    h(TextField, { label: t('journeys-event'), value: id, onText: setId }),
  )
}
