import { useState } from 'preact/hooks'
import { get, withQuery } from './api.ts'
import type { JourneyLine, JourneyLines } from './types.ts'
import { type LoadedData, useData } from './use-data.ts'
import { type Live, useLive } from './use-live.ts'

export type JourneyFilters = {
  state?: string | undefined
  device?: string | undefined
  room?: string | undefined
  since?: string | undefined
  user_id?: string | undefined
}

export type ShownJourneys = {
  lines: readonly JourneyLine[]
  total: number
  isAtLeast: boolean
  next: string | undefined
  /** Where the stream continues the list. */
  lastEventId: string
}

export type JourneyFeed = {
  list: LoadedData<ShownJourneys>
  live: Live
  /** The number of journeys that have arrived and are not shown yet. */
  news: number
  showNews: () => void
  /** Undefined: there are no older ones. */
  loadOlder: (() => Promise<void>) | undefined
}

const PATH = '/_belfry/v1/journeys'

/**
 * The journeys that match the filters, newest first, and live. A journey that is shown changes in place. New
 * ones are inserted at once at the top of the page, and otherwise counted until the reader asks for them, so
 * that nothing moves while they read.
 */
export function useJourneys(filters: JourneyFilters, limit: number): JourneyFeed {
  const query = { ...filters, limit }
  const path = withQuery(PATH, query)
  const list = useData<ShownJourneys>(path, async (abort) => shownOf(await get<JourneyLines>(path, abort)))
  const [waiting, setWaiting] = useState<{ path: string; page: JourneyLines } | undefined>(undefined)
  const isReady = list.value.state === 'ready'
  const shown = list.value.state === 'ready' ? list.value.data : undefined
  const onNews = async () => {
    // An error shows itself at the next load; the list stays.
    const page = await get<JourneyLines>(path).catch(() => undefined)
    if (page === undefined) return
    list.change((old) => updated(old, page))
    if (scrollY < TOP_PX) list.change((old) => merged(old, page))
    else setWaiting({ path, page })
  }
  const live = useLive(
    isReady ? withQuery(`${PATH}/stream`, filters) : undefined,
    shown?.lastEventId ?? '',
    () => void onNews(),
  )
  const fresh = waiting?.path === path && shown !== undefined ? newLines(shown, waiting.page) : []
  const next = shown?.next
  return {
    list,
    live,
    news: fresh.length,
    showNews() {
      if (waiting !== undefined) list.change((old) => merged(old, waiting.page))
      setWaiting(undefined)
      scrollTo(0, 0)
    },
    loadOlder:
      next === undefined
        ? undefined
        : async () => {
            const page = await get<JourneyLines>(withQuery(PATH, { ...query, from: next }))
            list.change((old) => ({
              ...old,
              lines: [...old.lines, ...newLines(old, page)],
              next: page.next_batch,
            }))
          },
  }
}

const TOP_PX = 120

const shownOf = (page: JourneyLines): ShownJourneys => ({
  lines: page.journeys,
  total: page.total,
  isAtLeast: page.total_is_at_least,
  next: page.next_batch,
  lastEventId: page.last_event_id ?? '',
})

function newLines({ lines }: ShownJourneys, { journeys }: JourneyLines): JourneyLine[] {
  const known = new Set(lines.map(({ event_id: id }) => id))
  return journeys.filter(({ event_id: id }) => !known.has(id))
}

/** The shown lines with the present states of their devices. */
function updated(old: ShownJourneys, { journeys }: JourneyLines): ShownJourneys {
  const present = new Map(journeys.map((line) => [line.event_id, line]))
  return { ...old, lines: old.lines.map((line) => present.get(line.event_id) ?? line) }
}

function merged(old: ShownJourneys, page: JourneyLines): ShownJourneys {
  const { total, total_is_at_least: isAtLeast } = page
  return { ...old, lines: [...newLines(old, page), ...old.lines], total, isAtLeast }
}
