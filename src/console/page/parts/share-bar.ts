import { type ComponentChildren, h } from 'preact'
import { currentLocale, t } from '../words.ts'

export const percent = (share: number): string =>
  new Intl.NumberFormat(currentLocale(), { style: 'percent', maximumFractionDigits: 0 }).format(share)

const WIDTH = 72

/** A share as a bar with its number, and a mark at the usual share. */
export function ShareBar({
  share,
  usual,
}: {
  share: number | null
  usual: number | null
}): ComponentChildren {
  if (share === null) return h('span', { class: 'muted' }, t('admin-share-unknown'))
  return h(
    'span',
    { class: 'share' },
    h(
      'svg',
      { width: WIDTH, height: 10, viewBox: `0 0 ${WIDTH} 10`, 'aria-hidden': 'true', class: 'bar' },
      h('rect', { class: 'bar-ground', width: WIDTH, height: 10, rx: 3 }),
      h('rect', { class: 'bar-value', width: Math.round(WIDTH * share), height: 10, rx: 3 }),
      usual !== null && h('line', { class: 'bar-mark', x1: WIDTH * usual, x2: WIDTH * usual, y1: 0, y2: 10 }),
    ),
    percent(share),
  )
}
