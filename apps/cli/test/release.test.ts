import { expect, it } from 'vitest';
import { normalizeProject, releaseOf } from '../src/release.js';

it.each([
  ['Django-1.1.3.tar.gz', '1.1.3'],
  ['django-5.0rc1-py3-none-any.whl', '5.0rc1'],
  ['django-5.0-2-py3-none-any.whl', '5.0'],
  ['Django-1.0-1.zip', '1.0-1'],
  ['Django-2!1.0.post1.dev2+local.3.tar.bz2', '2!1.0.post1.dev2+local.3'],
  ['Django-1.1.win32.zip', undefined],
  ['Django-1.1.linux-x86_64.tar.gz', undefined],
  ['Django-1.1-py2.6.egg', undefined],
  ['django-rest-1.0.tar.gz', undefined],
  ['djangorest-1.0.tar.gz', undefined],
  ['django-5.0-py3-none.whl', undefined],
  [`Django-${'1.'.repeat(100)}1.tar.gz`, undefined],
])('the release of %s is %s', (filename, release) => {
  expect(releaseOf(filename, 'django')).toBe(release);
});

it('finds the version after a name with hyphens', () => {
  expect(releaseOf('zope.app-file_2-1.0.tar.gz', 'zope-app-file-2')).toBe('1.0');
});

it.each([
  ['Zope.Interface', 'zope-interface'],
  ['a-_.b', 'a-b'],
  ['six', 'six'],
])('the normal form of %s is %s', (name, normal) => {
  expect(normalizeProject(name)).toBe(normal);
});
