// The licences of what is built into the map, as one text beside it: they ask to be kept with the copies.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

interface Locked { dev?: boolean; license?: string; version?: string; optional?: boolean }

export function licences(): Plugin {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle() {
      const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
      const parts: string[] = ['What is built into the map, and under which licences.\nOutlines of the world: Natural Earth, public domain.\n'];
      for (const [path, { dev, license, version, optional }] of Object.entries(lock.packages)) {
        // Types leave nothing in what is built.
        if (!path || dev || optional || path.includes('/@types/')) continue;
        const file = readdirSync(path).find((name) => /^(licen[cs]e|copying)(\.|$)/i.test(name));
        const name = path.replace(/^.*node_modules\//, '');
        parts.push(`\n${'-'.repeat(80)}\n${name} ${version ?? ''}: ${license ?? ''}\n\n${file ? readFileSync(join(path, file), 'utf8').trim() : ''}\n`);
      }
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: parts.join('') });
    },
  };
}
