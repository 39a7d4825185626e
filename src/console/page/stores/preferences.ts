import { effect, signal } from '@preact/signals-core'

// Choices of the reader, stored in this browser.

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const theme = signal<Theme>(
  THEMES.find((one) => one === localStorage.getItem('belfry.theme')) ?? 'system',
)
/** Single-letter keys (WCAG 2.1.4). */
export const hasKeys = signal(localStorage.getItem('belfry.keys') !== 'off')

effect(() => {
  localStorage.setItem('belfry.theme', theme.value)
  document.documentElement.dataset['theme'] = theme.value
})
effect(() => localStorage.setItem('belfry.keys', hasKeys.value ? 'on' : 'off'))
