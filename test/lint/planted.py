#!/usr/bin/python3
"""Faults for build/lint: one for each rule, planted in a copy of the tree. Each has to be found by its
check and by no other; a tree without a fault has to pass, one without anything must not."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
M = 'mod_upgrade_required'
TOOLS = 'format gcc clang analyzer tidy cppcheck'.split()

LOG = f'''#include <httpd.h>
#include <http_log.h>

void ur_planted(server_rec *s);

void ur_planted(server_rec *s)
{{
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, "planted");
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, "UR0001: planted");
    ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, s, "UR9998: planted");
}}
'''


def function(name, body):
    """A file with one function, which nobody can complain about but for its body."""
    return f'#include <stdio.h>\n\nint {name}(int n);\n\nint {name}(int n)\n{{\n{body}    return n;\n}}\n'


def added(path, text):
    """A new file, or more text for one that is there."""
    return path, lambda old: (old or '') + text


def changed(path, pattern, by):
    """A file in which a pattern has become something else; it has to be there."""
    def change(old):
        new = re.sub(pattern, by, old, flags=re.M)
        assert new != old, f'{path} has no {pattern}'
        return new
    return path, change


def row(text):
    return changed('apxs.mk', r'^ROOMS := .*', r'\g<0>\n    ' + text + r' \\')


# What is planted; [(the check that finds it, how what it says begins or what is in it)]
PLANTED = [
    # log lines
    (added(f'{M}/required/pages/ur_planted.c', LOG), [
        ('tags', 'ur_planted.c: without a tag: ap_log_error'), ('tags', 'UR0001 is used twice'),
        ('tags', 'UR9998: no row in the manual'), ('levels', 'UR9998 is logged at debug')]),
    (added(f'{M}/manual.md', '\n| `UR9999` | info | planted |\n'), [
        ('tags', 'UR9999: a row of the manual'), ('levels', 'UR9999 is named, and no log line has it')]),
    (changed(f'{M}/manual.md', r'^\| `UR0005` \| warning', '| `UR0005` | debug'), [
        ('levels', 'UR0005 is logged at warning')]),

    # the rooms: folders, arrows, and the table itself
    (added(f'{M}/attic/ur_planted.h', ''), [('arrows', 'attic/ur_planted.h: no row of ROOMS')]),
    (row('core/none:core:'), [('arrows', 'core/none has no files')]),
    (row('core/nowhere:attic:'), [('arrows', 'core/nowhere: no such part: attic')]),
    (changed('apxs.mk', r'^    core/protocol:core:', '    core/protocol:core:core/probe,'), [
        ('arrows', 'core/protocol sees core/probe, which is not above it')]),
    (changed('apxs.mk', r'^    required/check:required:', '    required/check:required:wstunnel,'), [
        ('arrows', 'required/check must not see wstunnel')]),
    (added(f'{M}/core/text/ur_planted_forms.h', '#include "core/policy/ur_policy.h"\n'), [
        ('arrows', 'core/text must not see core/policy/ur_policy.h')]),
    (added(f'{M}/core/policy/ur_planted_forms.h', '#include <httpd.h>\n#include <apr_pools.h>\n'), [
        ('arrows', 'the core must not include httpd.h'), ('arrows', 'the core must not include apr_pools.h')]),
    (added(f'{M}/core/probe/ur_planted_forms.h', '#include "shared/ur_text.h"\n'), [
        ('arrows', 'core/probe must not see shared/ur_text.h')]),
    (added(f'{M}/shared/ur_planted.h', '#include "ur_modules.h"\n#include "wstunnel/ur_module.h"\n'), [
        ('arrows', 'shared must not see ur_modules.h'), ('arrows', 'shared must not see wstunnel/ur_module.h')]),
    (added(f'{M}/required/pages/ur_planted.h', '#include "wstunnel/tunnel/ur_tunnel.h"\n'), [
        ('arrows', 'required/pages must not see wstunnel/tunnel/ur_tunnel.h')]),
    (added(f'{M}/wstunnel/tunnel/ur_planted.h', '#include "required/config/ur_config.h"\n'), [
        ('arrows', 'wstunnel/tunnel must not see required/config/ur_config.h')]),
    (added(f'{M}/wstunnel/config/ur_planted.h', '#include "core/text/ur_gone.h"\n'), [
        ('arrows', 'no room has core/text/ur_gone.h')]),

    # the one header of the core
    (added(f'{M}/core/text/ur_forgotten.h', ''), [('umbrella', 'not in core/upgrade.h:')]),
    (added(f'{M}/core/upgrade.h', '#include "core/text/ur_away.h"\n'), [
        ('umbrella', 'core/upgrade.h: there is no'), ('arrows', 'no room has core/text/ur_away.h')]),

    # single readers and writers, in each wing
    (added(f'{M}/required/check/ur_read.h', '#define UR_READ(r) (r)->headers_in\n'), [
        ('single', 'required/check/ur_read.h:1:')]),
    (added(f'{M}/wstunnel/tunnel/ur_read.h', '#define UR_READ(r) (r)->headers_in\n'), [
        ('single', 'wstunnel/tunnel/ur_read.h:1:')]),
    (added(f'{M}/wstunnel/proxy/ur_write.h', '#define UR_WRITE(r) (r)->err_headers_out\n'), [
        ('single', 'wstunnel/proxy/ur_write.h:1:')]),
    (added(f'{M}/wstunnel/proxy/ur_environment.h', '#define UR_ENV(r) (r)->subprocess_env\n'), [
        ('single', 'wstunnel/proxy/ur_environment.h:1:')]),
    (added(f'{M}/wstunnel/tunnel/ur_cookie.h', '#define UR_COOKIE "Cookie"\n'), [
        ('single', 'wstunnel/tunnel/ur_cookie.h:1:')]),
    (added(f'{M}/core/response/ur_word_forms.h', '#define UR_WORD "tls-missing"\n'), [
        ('single', 'core/response/ur_word_forms.h:1:')]),
    (changed('build/lint', r"^    'headers_in': \{$", r"\g<0>'shared/ur_text.c': 'planted',"), [
        ('single', 'shared/ur_text.c has a row for headers_in, and does not need it')]),

    # what is compiled for some only
    (added(f'{M}/shared/ur_planted_for_some.h', '#if OPENSSL_VERSION_NUMBER < 1\n#endif\n'), [
        ('conditions', 'ur_planted_for_some.h: OPENSSL_VERSION_NUMBER < 1: no row in CONTRIBUTING.md')]),
    (changed('CONTRIBUTING.md', r'^(\| `AP_MODULE_MAGIC_AT_LEAST\(20120211, 130\)`.*)\| 2\.4\.52, 2\.4\.57, .* \|$',
             r'\1| 2.4.51, 2.4.62 |'), [
        ('conditions', '130): 2.4.51 is not tried'), ('conditions', '130): 2.4.62 is on the other side')]),
    (changed('CONTRIBUTING.md', r'^(\| `APR_HAVE_IPV6` .*\|).*?\|$', r'\1 nowhere |'), [
        ('conditions', 'APR_HAVE_IPV6: nowhere is no version of httpd')]),
    (added('CONTRIBUTING.md', '\n| `APR_GONE` | `shared/ur_text.h` | 2.4.52 | 2.4.71 |\n'), [
        ('conditions', 'shared/ur_text.h: APR_GONE: a row of CONTRIBUTING.md')]),
    (changed(f'{M}/wstunnel/proxy/ur_address.c', r'copy->cp->addr = connection->addr;', 'copy->cp->gone = NULL;'), [
        ('conditions', 'the other side of AP_MODULE_MAGIC_AT_LEAST(20120211, 130)')]),

    # directives, of both modules
    (changed(f'{M}/manual.md', r'^### (UpgradeFloor|UpgradeTunnelMax)$', r'#### \1'), [
        ('documented', 'manual: no section UpgradeFloor'), ('documented', 'manual: no section UpgradeTunnelMax')]),
    (changed('conf.d/upgrade_required.reference.conf', r'^( *)(UpgradeGuide|UpgradeTunnelDrain) ', r'\1#\2 '), [
        ('documented', 'reference configuration: no UpgradeGuide'),
        ('documented', 'reference configuration: no UpgradeTunnelDrain')]),
    (changed(f'{M}/wstunnel/config/ur_route.c', r'^(?=.*\{\.name = NULL\})',
             'AP_INIT_TAKE1("UpgradeTunnelNew", set_tunnel, NULL, OR_FILEINFO, "planted"),\n'), [
        ('documented', 'UpgradeTunnelNew: no row in a directives.def'),
        ('documented', 'manual: no section UpgradeTunnelNew'),
        ('documented', 'reference configuration: no UpgradeTunnelNew')]),
    (changed(f'{M}/manual.md', r'^- Context: server config, virtual host, directory$',
             '- Context: server config, virtual host, .htaccess'), [
        ('documented', 'manual: UpgradeName and .htaccess: Allowed in *.conf anywhere'),
        ('documented', 'manual: UpgradeName in sections: Allowed in *.conf anywhere')]),
    (changed(f'{M}/manual.md', r'^(### UpgradeMessage\n\n(?:- .*\n)+)- Since: .*\n', r'\1'), [
        ('documented', 'manual: UpgradeMessage: since no version')]),
    (changed(f'{M}/manual.md', r'^(### UpgradeRedirect\n\n(?:- .*\n)+)- Since: .*', r'\1- Since: 1000.0'), [
        ('documented', 'manual: UpgradeRedirect: since 1000.0')]),
    (changed('CHANGES.md', r'^## \d.*', '## 0.0.1'), [('versions', 'CHANGES.md: 0.0.1; this is ')]),
    (changed('debian/changelog', r'\A(\S+) \(.*?\)', r'\1 (0.0.2-1)'), [
        ('versions', 'debian/changelog: 0.0.2-1; this is ')]),
    (changed('packaging/mod_upgrade_required.spec', r'^(Version: *).*', r'\g<1>0.0.3'), [
        ('versions', 'packaging/mod_upgrade_required.spec: 0.0.3; this is ')]),
    (added(f'{M}/manual.md', '\n### UpgradePlanted\n'), [('documented', 'manual: UpgradePlanted is no directive')]),
    (added('conf.d/upgrade_required.reference.conf', '\nUpgradePlanted on\n'), [
        ('documented', 'reference configuration: UpgradePlanted is no directive')]),

    # tests
    (added('test/proof/planted.c', ''), [('proofs', 'its first comment does not say')]),
    (changed('test/proof/judge_fast.c', r'(Mutant: core/policy/ur_policy.h: return )policy', r'\1nothing'), [
        ('proofs', 'judge_fast: no fault: core/policy/ur_policy.h has')]),
    (added('test/unit/planted.c', ''), [('registered', 'not run: test/unit/planted.c')]),
    (added('test/fuzz/planted.c', ''), [('registered', 'not run: test/fuzz/planted.c')]),
    (added('test/fuzz/planted_fuzz.c', ''), [('registered', 'no corpus: planted')]),
    (added('test/fuzz/corpus/targetless/x', ''), [('registered', 'a corpus without a target: targetless')]),

    # scripts, whatever their first line says
    (added('build/planted-sh', '#!/bin/sh\nif\n'), [('parsed', 'build/planted-sh: ')]),
    (added('.ci/planted-bash', '#!/usr/bin/env bash\ncase\n'), [('parsed', '.ci/planted-bash: ')]),
    (added('build/bench-planted', '#!/usr/bin/python3\nif\n'), [('parsed', 'build/bench-planted:2: ')]),
    (added('build/bench.d/planted.py', 'if\n'), [('parsed', 'build/bench.d/planted.py:1: ')]),
    (added('test/t/planted.t', 'use strict;\nmy $x = ;\n'), [('parsed', 'planted.t line 2')]),
    (added('test/t/lib/Planted.pm', 'use warnings;\nmy $x; my $x;\n1;\n'), [('parsed', 'Planted.pm line 2')]),
    (added('conf.d/planted.py', 'if\n'), [('parsed', 'conf.d/planted.py:1: ')]),
    (added('test/backend/planted.js', 'if\n'), [('parsed', 'test/backend/planted.js:')]),
    (added('debian/planted.postrm', '#!/bin/sh\nif\n'), [('parsed', 'debian/planted.postrm: ')]),
    (added('debian/tests/planted', '#!/usr/bin/python3\nif\n'), [('parsed', 'debian/tests/planted:2: ')]),
    (added('build/planted-lua', '#!/usr/bin/lua\n'), [('parsed', 'nothing here parses lua: build/planted-lua')]),
    (added('build/planted-nothing', 'no first line\n'), [('parsed', 'nothing here parses unknown: ')]),

    # columns
    (added('test/t/wide.t', '#' * 111 + '\n'), [('columns', 'test/t/wide.t:1: 111 columns')]),
    (added('build/wide', '#!/bin/sh\n' + '#' * 111 + '\n'), [('columns', 'build/wide:2: 111 columns')]),

    # what README and DESIGN name
    (added('test/unnamed/x', ''), [('folders', "README's table does not name unnamed")]),
    (row('core/unheard:core:'), [
        ('folders', "README's table does not name unheard"), ('folders', 'DESIGN.md does not name core/unheard')]),
    (added(f'{M}/core/unheard/ur_unheard_forms.h', ''), []),
    (added('DESIGN.md', '\n`core/text/ur_gone`, `test/gone/`, `ur_left()`, `struct ur_went`\n'), [
        ('named', 'DESIGN.md: there is no core/text/ur_gone'), ('named', 'DESIGN.md: there is no test/gone/'),
        ('named', 'DESIGN.md: nothing is called ur_left'), ('named', 'DESIGN.md: nothing is called ur_went')]),
    (added('SECURITY.md', '\n[a](gone.md) [b](#nowhere) [c](mod_upgrade_required/manual.md#nowhere)\n'), [
        ('links', 'SECURITY.md: there is no gone.md'), ('links', 'SECURITY.md: the document has no heading #nowhere'),
        ('links', 'SECURITY.md: mod_upgrade_required/manual.md has no heading #nowhere')]),
    (added('SECURITY.md', '\nWhoever sends so many in\nclear. There is no other. This is no sentence.\n'), [
        ('words', 'better: those who'), ('words', 'better: this many'),
        ('words', 'better: without TLS'), ('words', 'is no sentence.')]),
    (added(f'{M}/required/check/ur_worded.c',
           'const char *ur_worded(void)\n{\n    /* Whoever. */\n    return "the request "\n           "fields";\n}\n'), [
        ('words', '"the request fields"')]),
]

# For the tools: a file each, with a fault that one of them finds.
LONG = ''.join(f'    n += {i};\n' for i in range(44))
FOR_TOOLS = [
    ('format', function('ur_format', '    n  += 1;\n')),
    ('gcc', function('ur_gcc', '    switch (n) {\n    case 1:\n        n += 2;\n    case 2:\n        n += 1;\n'
                     '        break;\n    default:\n        break;\n    }\n')),
    ('clang', function('ur_clang', '    if ((n == 1)) {\n        n = 2;\n    }\n')),
    ('analyzer', function('ur_analyzer', '    FILE *file = opened();\n\n    n += file != NULL;\n').replace(
        '#include <stdio.h>\n', '#include <stdio.h>\n\nstatic FILE *opened(void)\n{\n'
        '    return fopen("/dev/null", "r");\n}\n')),
    ('tidy', function('ur_tidy', '    if (n) {\n        n += 1;\n    }\n    else {\n        n += 1;\n    }\n')),
    ('tidy', function('ur_long', LONG)),
    ('cppcheck', function('ur_cppcheck', '    void *at = &n;\n\n    at = at + n;\n    printf("%p", at);\n')),
]
EXPORTED = function('ur_exported', '').replace('int ur', '__attribute__((visibility("default"))) int ur', 1)

passed = failed = 0


def result(good, what, about=''):
    global passed, failed
    passed, failed = passed + good, failed + (not good)
    print(f'{"ok" if good else "not ok"} - {what}', flush=True)
    if not good:
        print('\n'.join(f'#   {line}' for line in about.split('\n')), flush=True)


def copy(folder, everything=True):
    """The tree as it is, with what has been built; or only what lint itself needs of it."""
    listed = subprocess.run(('git', 'ls-files', '-co', '--exclude-standard'), cwd=TOP, check=True, text=True,
                            stdout=subprocess.PIPE).stdout.split('\n')
    for file in listed if everything else ('apxs.mk', 'build/lint'):
        if os.path.isfile(f'{TOP}/{file}'):
            os.makedirs(os.path.dirname(f'{folder}/{file}'), exist_ok=True)
            shutil.copy2(f'{TOP}/{file}', f'{folder}/{file}')
    for variant in ('lint-gcc', 'lint-clang') if everything else ():
        if os.path.isdir(f'{TOP}/build/out/{variant}'):
            shutil.copytree(f'{TOP}/build/out/{variant}', f'{folder}/build/out/{variant}')
    subprocess.run(('git', 'init', '-q', folder), check=True)
    with open(f'{folder}/.git/info/exclude', 'w') as exclude:
        exclude.write('/build/out/\n')


def plant(folder, edit):
    path, change = edit
    whole = f'{folder}/{path}'
    old = None
    if os.path.exists(whole):
        with open(whole) as file:
            old = file.read()
    os.makedirs(os.path.dirname(whole), exist_ok=True)
    with open(whole, 'w') as file:
        file.write(change(old))
    if old is None and path.startswith('build/'):
        os.chmod(whole, 0o755)


def lint(folder, *arguments, **environment):
    """{check: [what it says]}; an empty list for one that passes."""
    done = subprocess.run((f'{folder}/build/lint', *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, env={**os.environ, **environment})
    said, check = {}, None
    for line in done.stdout.split('\n'):
        begin = re.match(r'(ok|FAILED) +(\w+) ', line)
        if begin:
            check = begin.group(2)
            said[check] = []
        elif check and line.strip():
            said[check].append(line.strip())
    assert done.returncode == (1 if any(said.values()) else 0), done.stdout
    return said


def only(files):
    return [word for file in files for word in ('--only', file)]


def tree_faults(folder):
    """All of them in one tree: what is said has to be what was planted, no more and no less."""
    listed = subprocess.run((f'{folder}/build/lint', '--list'), stdout=subprocess.PIPE, check=True, text=True)
    tree = [line.split()[0] for line in listed.stdout.splitlines() if line.split()[0] not in TOOLS]
    known = {check for _, finds in PLANTED for check, _ in finds} | set(TOOLS)
    result(known >= set(tree), 'every check has a fault', ' '.join(sorted(set(tree) - known)))
    scripts = [edit[0] for edit, finds in PLANTED if finds and finds[0][0] == 'parsed']
    sound = lint(folder, *only(['build/lint', 'test/t/floor.t']), *tree)
    result(not any(sound.values()), 'a tree without a fault passes', str(sound))
    for edit, _ in PLANTED:
        plant(folder, edit)
    said = lint(folder, *only(scripts), *tree)
    claimed = set()
    for edit, finds in PLANTED:
        for check, what in finds:
            mine = [line for line in said[check] if what in line]
            claimed |= {(check, line) for line in mine}
            result(bool(mine), f'{check} finds: {what}', '\n'.join(said[check]))
    # What a parser adds about the same place is not another fault.
    more = [f'{check}: {line}' for check in tree if check != 'parsed'
            for line in said[check] if (check, line) not in claimed]
    ours = r'(?:build|test|debian|conf[.]d|[.]ci)/[^\s:]+'
    more += [line for line in said['parsed'] for path in re.findall(ours, line)
             if 'planted' not in path.lower()]
    result(not more, 'and nothing that was not planted', '\n'.join(more))


def tool_faults(folder):
    files = {f'{M}/required/pages/{re.search(r"int (ur_[a-z]+)[(]", text).group(1)}.c': (tool, text)
             for tool, text in FOR_TOOLS}
    for file, (_, text) in files.items():
        plant(folder, added(file, text))
    said = lint(folder, *only(files), *TOOLS)
    for tool in TOOLS:
        wanted = {os.path.basename(file) for file, (finder, _) in files.items() if finder == tool}
        found = set(re.findall(r'pages/(ur_[a-z]+\.c):\d+:\d+: (?:error|warning|portability)', '\n'.join(said[tool])))
        result(found == wanted, f'{tool} finds {" ".join(sorted(wanted))}, and nothing else',
               '\n'.join(said[tool]))
    for file in files:
        os.remove(f'{folder}/{file}')
    plant(folder, added(f'{M}/required/pages/ur_exported.c', EXPORTED))
    for compiler, found in lint(folder, 'gcc', 'clang').items():
        result(any('exported by mod_upgrade_required.so:' in line and 'ur_exported' in line for line in found),
               f'{compiler}: a second exported symbol', '\n'.join(found))
    os.remove(f'{folder}/{M}/required/pages/ur_exported.c')


def nothing(folder, scratch):
    """A check that finds nothing to check, or whose tool says nothing, has failed."""
    os.makedirs(f'{scratch}/mute')
    for tool in 'clang-format gcc clang clang-tidy cppcheck httpd'.split():
        plant(scratch, added(f'mute/{tool}', '#!/bin/sh\n'))
        os.chmod(f'{scratch}/mute/{tool}', 0o755)
    for check, found in lint(folder, *TOOLS, PATH=f'{scratch}/mute:{os.environ["PATH"]}').items():
        result(bool(found), f'{check}: a mute tool is no good one')
    said = lint(folder, 'documented', HTTPD=f'{scratch}/mute/httpd')['documented']
    result(bool(said), 'documented: an httpd that lists nothing')
    copy(f'{scratch}/empty', everything=False)
    for check, found in lint(f'{scratch}/empty').items():
        result(bool(found), f'{check}: an empty tree is no good one')


def main():
    scratch = tempfile.mkdtemp(prefix='upgrade-lint.')
    try:
        copy(f'{scratch}/tree')
        tool_faults(f'{scratch}/tree')
        nothing(f'{scratch}/tree', scratch)
        tree_faults(f'{scratch}/tree')
    finally:
        shutil.rmtree(scratch)
    print(f'1..{passed + failed}')
    return 1 if failed else 0


sys.exit(main())
