import { type ComponentChildren, h } from 'preact'
import { navigate } from '../stores/place.ts'

type LinkProps = {
  href: string
  class?: string
  /** The link of a row of a list, for the keys `j` and `k`. */
  isRow?: boolean
  isCurrent?: boolean
  children?: ComponentChildren
}

/** A link to a screen of the console. It keeps the page, and works like any link in a new tab. */
export function Link({
  href,
  isRow = false,
  isCurrent = false,
  children,
  ...rest
}: LinkProps): ComponentChildren {
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(href)
  }
  return h(
    'a',
    {
      ...rest,
      href,
      onClick,
      ...(isRow && { 'data-row': '' }),
      ...(isCurrent && { 'aria-current': 'page' as const }),
    },
    children,
  )
}
