/** The `{{…}}` placeholders of a template, in a separate chunk that is loaded when needed. */
// The built file, because the package's entry requires Node's file system.
import Handlebars from 'handlebars/dist/handlebars.min.js'
import type { Engine } from './html'

export const engine: Engine = (template, values) => Handlebars.compile(template)(values)
