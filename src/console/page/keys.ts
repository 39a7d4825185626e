import { signal } from '@preact/signals-core'
import { hasKeys } from './stores/preferences.ts'
import { BASE, navigate, place } from './stores/place.ts'

// Keys. Rows are the elements with `data-row`, in document order; `data-filter` and `data-test` mark the
// first target of `/` and `t`.

/** Whether the list of keys is open. */
export const isHelpOpen = signal(false)

export const KEYS: readonly (readonly [key: string, word: string])[] = [
  ['/', 'keys-filter'],
  ['j', 'keys-next'],
  ['k', 'keys-previous'],
  ['Enter', 'keys-open'],
  ['Esc', 'keys-back'],
  ['t', 'keys-test'],
  ['?', 'keys-help'],
]

/** Listens to keys outside of text fields. */
export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (document.querySelector('dialog[open]') !== null) return
    const isTyping =
      event.target instanceof Element && event.target.closest('input, textarea, select') !== null
    if (event.key === 'Escape') return escape(isTyping, event.target)
    if (isTyping || !hasKeys.value) return
    const action = ACTIONS[event.key]
    if (action?.() === true) event.preventDefault()
  })
}

/** They return whether they did something. */
const ACTIONS: Readonly<Record<string, (() => boolean) | undefined>> = {
  '/': () => focusFirst('[data-filter]'),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  t: () => focusFirst('[data-test]'),
  '?': () => (isHelpOpen.value = true),
}

/** Leaves a field first, then the screen. */
function escape(isTyping: boolean, target: EventTarget | null): void {
  if (isTyping) (target as HTMLElement).blur()
  else if (hasKeys.value && place.value.segments.length > 1)
    navigate(`${BASE}/${place.value.segments[0] ?? ''}`)
}

function focusFirst(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector)
  found?.focus()
  return found !== null
}

function moveRow(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const present = rows.findIndex((row) => row === document.activeElement)
  const next = rows[present === -1 ? (by === 1 ? 0 : rows.length - 1) : present + by]
  next?.focus()
  return next !== undefined
}
