import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'

/** Every component's style goes into the `components` layer, so that an author's CSS and a theme win over it. */
const layer = {
  name: 'layer',
  style: ({ content }) => (content.includes('@layer') ? undefined : { code: `@layer components {${content}}` }),
}

export default {
  preprocess: [vitePreprocess({ script: false, style: false }), layer],
  // A lazy component brings its few rules along: one request instead of two.
  vitePlugin: {
    dynamicCompileOptions: ({ filename }) =>
      filename.includes('/src/components/') || filename.includes('/lazy/') ? { css: 'injected' } : undefined,
  },
}
