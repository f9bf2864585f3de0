/** The `{{…}}` places of a template; its own chunk, loaded when a page has such a template. */
// The built file: the package's entry wants Node's file system.
import Handlebars from 'handlebars/dist/handlebars.min.js'
import type { Engine } from './html'

export const engine: Engine = (template, values) => Handlebars.compile(template)(values)
