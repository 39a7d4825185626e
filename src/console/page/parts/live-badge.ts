import { type ComponentChildren, h } from 'preact'
import { t } from '../words.ts'
import type { Live } from '../use-live.ts'

/** Whether a list is live, with a switch that pauses it. */
export function LiveBadge({ live }: { live: Live }): ComponentChildren {
  const { state, isPaused, pause } = live
  return h(
    'span',
    { class: 'live-badge' },
    h('span', { class: `live-dot ${state}`, 'aria-hidden': 'true' }),
    h('span', { class: 'muted' }, t(`live-${state}`)),
    h(
      'button',
      { type: 'button', class: 'plain', onClick: () => pause(!isPaused) },
      t(isPaused ? 'live-resume' : 'live-pause'),
    ),
  )
}

/** "3 new": announced when it appears, and inserted on a click. */
export function NewsButton({ count, show }: { count: number; show: () => void }): ComponentChildren {
  return h(
    'div',
    { role: 'status', class: 'news' },
    count > 0 && h('button', { type: 'button', class: 'primary', onClick: show }, t('list-news', { count })),
  )
}
