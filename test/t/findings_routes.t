# What the check finds in routes: those that keep WebSockets, pages that everybody or nobody can
# read, guides, and HTTP/2 where it cannot be. Each finding has a configuration that has it and
# several sound ones that must not.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Ports;
use Findings;
use Server;
use Wire;

my %helper  = (helper => 1);
my %prefork = (mpm => 'prefork');
my $keep    = 'UpgradeKeep WebSocket';
my $ws      = 'UpgradeRequire WebSocket';
my $http    = 'http://127.0.0.1:1/';
my $public  = 'Listen 192.0.2.1:443';
sub lines { return join("\n", @_) . "\n" }
sub inside { my ($name, $of, @lines) = @_; return join "\n", "<$name $of>", @lines, "</$name>" }
sub pages { return section('/s', 'SetHandler upgrade-status', @_) }

# Under a WebSocket policy, or UpgradeKeep, nothing is proxied
check(
    [
        'a policy without a backend', section('/x', $ws),
        ['2 UpgradeRequire WebSocket: no client can open a WebSocket, because nothing is proxied '
          . 'there; add a ProxyPass'],
    ],
    [
        'the same with the helper', section('/x', $ws),
        ['2 UpgradeRequire WebSocket: no client can open a WebSocket, because nothing is proxied'],
        %helper,
    ],
    [
        'a kept route without a backend', section('/x', $keep),
        ['2 UpgradeKeep WebSocket: no client can open a WebSocket, because nothing is proxied'], %helper,
    ],
    [
        'a backend beside it', lines("ProxyPass /xy $http", section('/x', $ws)),
        ['3 UpgradeRequire WebSocket: no client can open a WebSocket, because nothing'],
    ],
    [
        'a backend of another virtual host',
        host('a.test', section('/x', $ws)) . host('b.test', "ProxyPass / $http"),
        ['4 UpgradeRequire WebSocket: no client can open a WebSocket, because nothing'],
    ],
    [
        'excluded from the backend', lines('ProxyPass /x !', "ProxyPass / $http", section('/x', $ws)),
        ['4 UpgradeRequire WebSocket: no client can open a WebSocket, because nothing'],
    ],
    ['a whole server', host('a.test', $keep),
        ['3 UpgradeKeep WebSocket: no client can open a WebSocket, because nothing'], %helper],
    [
        'in <IfModule>', lines('<IfModule proxy_module>', section('/x', $ws), '</IfModule>'),
        ['3 UpgradeRequire WebSocket: no client can open a WebSocket, because nothing'],
    ],
    [
        'backends not inherited',
        "ProxyPass / $http\n" . host('a.test', 'ProxyPassInherit off', section('/x', $ws)),
        ['6 UpgradeRequire WebSocket: no client can open a WebSocket, because nothing'],
    ],

    ['a backend', lines("ProxyPass /x $http", section('/x', $ws)), []],
    ['with a slash', lines("ProxyPass /x/ $http", section('/x', $ws)), []],
    ['a backend above', lines("ProxyPass / $http", section('/x/y', $ws)), []],
    ['a backend below', lines("ProxyPass /x/y $http", section('/x', $ws)), []],
    ['a backend in the section', section('/x', "ProxyPass $http", $ws), []],
    ['a backend in another section', section('/', "ProxyPass $http") . section('/x', $ws), []],
    ['a pattern of backends', lines("ProxyPassMatch ^/(x/.*)\$ $http\$1", section('/x', $ws)), []],
    [
        'a rewritten backend',
        lines('RewriteEngine on', "RewriteRule ^/x $http [QSA,P,L]", section('/x', $ws)), [],
    ],
    ['a handler that is a backend', section('/x', "SetHandler proxy:$http", $ws), []],
    ['a handler of another module', section('/x', 'SetHandler websocket-handler', $ws), []],
    ['the backend of the main server', "ProxyPass / $http\n" . host('a.test', section('/x', $ws)), []],
    [
        'a section of the main server, the backend of a virtual host',
        section('/x', $ws) . host('a.test', "ProxyPass /x $http"), [],
    ],
    [
        'a section that is no path',
        inside('LocationMatch', '^/x', $ws) . "\n" . inside('Directory', '/srv', $ws), [],
    ],
    ['a policy that is off', section('/x', $ws, 'UpgradeMode off'), []],
    ['not kept', section('/x', $ws, 'UpgradeKeep none'), [], %helper],
    ['what does not apply', "<IfModule no_such_module>\n" . section('/x', $ws) . "</IfModule>", []],
    ['a whole server with a backend', host('a.test', $keep, "ProxyPass /x $http"), [], %helper],
    ['a forward proxy', lines('ProxyRequests on', $keep), [], %helper],
);

# Backends whose protocol has no WebSockets
for my $scheme (qw(ajp fcgi scgi uwsgi h2c)) {
    my $other = "$scheme://127.0.0.1:1/";
    check(
        [
            "$scheme", lines("ProxyPass /x $other", section('/x', $keep)),
            [
                '3 UpgradeKeep WebSocket: no client can open a WebSocket, because the protocol of the '
                  . 'backend \(1\) has none; use a ProxyPass to http://',
            ],
            %helper,
        ],
        [
            "$scheme in the section", section('/x', "ProxyPass $other", $ws),
            ['3 UpgradeRequire WebSocket: no client can open a WebSocket, because the protocol of the '
               . 'backend \(2\)'],
        ],
        [
            "$scheme in a balancer",
            lines(
                inside('Proxy', 'balancer://b', "BalancerMember $other"), 'ProxyPass /x balancer://b',
                section('/x', $keep),
            ),
            ['6 UpgradeKeep WebSocket: no client can open a WebSocket, because the protocol of the '
               . 'backend \(4\)'], %helper,
        ],
        [
            "$scheme beside http",
            lines("ProxyPass /x/ws $http", "ProxyPass /x $other", section('/x', $keep)), [], %helper,
        ],
        [
            "$scheme elsewhere", host('a.test', $keep, "ProxyPass /x $other", "ProxyPass /y $http"), [],
            %helper,
        ],
        [
            "$scheme of a route that is not kept", lines("ProxyPass / $other", "ProxyPass /x $http"), [],
            %helper,
        ],
    );
}
check(
    [
        'a pattern of such', lines('ProxyPassMatch ^/x fcgi://127.0.0.1:1/', section('/x', $keep)),
        ['3 UpgradeKeep WebSocket: no client can open a WebSocket, because the protocol of the '
          . 'backend \(1\)'], %helper,
    ],
    [
        'a pattern of both',
        lines(
            'ProxyPassMatch ^/x/\d fcgi://127.0.0.1:1/', "ProxyPassMatch ^/x/ws $http", section('/x', $keep),
        ),
        [], %helper,
    ],
    ['a socket', lines('ProxyPass /x unix:/run/x.sock|http://localhost/', section('/x', $keep)), [], %helper],
    [
        'fcgi behind a socket',
        lines('ProxyPass /x unix:/run/x.sock|fcgi://localhost/', section('/x', $keep)),
        ['3 UpgradeKeep WebSocket: no client can open a WebSocket, because the protocol of the backend'],
        %helper,
    ],
    ['a balancer without members yet', lines('ProxyPass /x balancer://b', section('/x', $keep)), [], %helper],
    [
        'PHP by its name',
        host(
            'a.test', $keep, inside('FilesMatch', '\.php$', 'SetHandler proxy:fcgi://127.0.0.1:1/'),
            "ProxyPass /ws $http",
        ),
        [], %helper,
    ],
    (map { ["$_", lines("ProxyPass /x $_://127.0.0.1:1/", section('/x', $keep)), [], %helper] } qw(http ws)),
);

# Idle limits
check(
    [
        'a short Timeout', lines('Timeout 20', "ProxyPass /x $http", section('/x', $keep)),
        [
            '1 Timeout 20: ends the WebSockets of 4 after 20 seconds without data, .*; use timeout=60'
              . ' or more in its ProxyPass',
        ],
        %helper,
    ],
    [
        'a short timeout= too', lines('Timeout 10', "ProxyPass /x $http timeout=15", section('/x', $ws)),
        ['2 ProxyPass /x http://127\.0\.0\.1:1/: ends the WebSockets of 4 after 15 seconds without data'],
    ],
    [
        'a short ProxyTimeout too',
        lines('Timeout 10', 'ProxyTimeout 12', "ProxyPass /x $http", section('/x', $ws)),
        ['2 ProxyTimeout 12: ends the WebSockets of 5 after 12 seconds without data'],
    ],
    [
        'the Timeout of a virtual host',
        host('a.test', 'Timeout 5', "ProxyPass /x $http", section('/x', $ws)),
        ['3 Timeout 5: ends the WebSockets of 6'],
    ],
    [
        'a timeout= that a shared worker ignores',
        lines('Timeout 20', "ProxyPass /x $http", "ProxyPass /y ${http}y timeout=600", section('/y', $ws)),
        ['1 Timeout 20: ends the WebSockets of 5'],
    ],
    [
        'a balancer that waits long for a free member',
        lines(
            'Timeout 20', inside('Proxy', 'balancer://b', "BalancerMember $http"),
            'ProxyPass /x balancer://b timeout=600', section('/x', $ws),
        ),
        ['1 Timeout 20: ends the WebSockets of 7'],
    ],
    [
        'a section of the main server',
        "Timeout 20\n" . section('/x', $ws) . host('a.test', "ProxyPass /x $http"),
        ['1 Timeout 20: ends the WebSockets of 3'],
    ],

    [
        'a long timeout=', lines('Timeout 20', "ProxyPass /x $http timeout=60", section('/x', $keep)), [],
        %helper,
    ],
    [
        'a long Timeout', lines('Timeout 60', "ProxyPass /x $http timeout=5", section('/x', $keep)), [],
        %helper,
    ],
    [
        'a long ProxyTimeout',
        lines('Timeout 20', 'ProxyTimeout 300', "ProxyPass /x $http", section('/x', $keep)), [], %helper,
    ],
    [
        'a long ProxySet',
        lines(
            'Timeout 20', inside('Proxy', $http, 'ProxySet timeout=60'), "ProxyPass /x $http",
            section('/x', $keep),
        ),
        [], %helper,
    ],
    [
        'a long timeout= of a member',
        lines(
            'Timeout 20', inside('Proxy', 'balancer://b', "BalancerMember $http timeout=60"),
            'ProxyPass /x balancer://b', section('/x', $keep),
        ),
        [], %helper,
    ],
    [
        'a long timeout= where the WebSockets are',
        lines(
            'Timeout 20', "ProxyPass /ws http://127.0.0.1:2/ timeout=60", "ProxyPass / $http",
            section('/', $keep),
        ),
        [], %helper,
    ],
    [
        'a long Timeout of a virtual host',
        "Timeout 20\n" . section('/x', $ws) . host('a.test', 'Timeout 60', "ProxyPass /x $http"), [],
    ],
    ['a short Timeout, nothing kept', lines('Timeout 20', "ProxyPass /x $http"), [], %helper],
    [
        'a short Timeout, the backend not known',
        lines('Timeout 20', 'RewriteEngine on', "RewriteRule ^/x $http [P]", section('/x', $keep)), [],
        %helper,
    ],
    ['nobody said anything', lines("ProxyPass /x $http", section('/x', $keep)), [], %helper],
);

# Encoded slashes
my $nodecode = 'AllowEncodedSlashes NoDecode';
check(
    [
        'NoDecode and a kept section', lines($nodecode, "ProxyPass /x $http", section('/x', $keep)),
        [
            '4 UpgradeKeep WebSocket: is in a section, where httpd forgets AllowEncodedSlashes '
              . 'NoDecode, so .*; use nocanon in the ProxyPass \(2\), or move this line to the virtual '
              . 'host',
        ],
        %helper,
    ],
    [
        'the ProxyPass in the section', lines($nodecode, section('/x', $keep, "ProxyPass $http")),
        ['3 UpgradeKeep WebSocket: is in a section, .*; use nocanon in the ProxyPass \(4\)$'], %helper,
    ],
    [
        'of a virtual host', host('a.test', $nodecode, "ProxyPass / $http", section('/x', $ws)),
        ['6 UpgradeRequire WebSocket: is in a section'],
    ],
    [
        'a section of the main server', section('/x', $ws) . host('a.test', $nodecode, "ProxyPass / $http"),
        ['2 UpgradeRequire WebSocket: is in a section'],
    ],

    ['nocanon', lines($nodecode, "ProxyPass /x $http nocanon", section('/x', $keep)), [], %helper],
    [
        'mapping=encoded', lines($nodecode, "ProxyPass /x $http mapping=encoded", section('/x', $keep)), [],
        %helper,
    ],
    ['the directive in the server', lines($nodecode, "ProxyPass /x $http", $keep), [], %helper],
    [
        'the directive in the virtual host', host('a.test', $nodecode, "ProxyPass /x $http", $keep), [],
        %helper,
    ],
    [
        'AllowEncodedSlashes On', lines('AllowEncodedSlashes On', "ProxyPass /x $http", section('/x', $keep)),
        [], %helper,
    ],
    [
        'AllowEncodedSlashes Off',
        lines('AllowEncodedSlashes Off', "ProxyPass /x $http", section('/x', $keep)), [], %helper,
    ],
    [
        'NoDecode of the main server, which virtual hosts do not have',
        "$nodecode\n" . host('a.test', "ProxyPass /x $http", section('/x', $keep)), [], %helper,
    ],
    [
        'a section that keeps nothing',
        lines($nodecode, "ProxyPass /x $http", section('/x', 'UpgradeRequire HTTP/1.1')), [], %helper,
    ],
);

# UpgradeTunnel event, HTTP/2 workers
my $event = 'UpgradeTunnel event';
my $h2    = 'Protocols h2 http/1.1';
check(
    [
        'event, and nothing kept', $event,
        [
            '1 UpgradeTunnel event: has no effect, because no route of this server keeps WebSockets; '
              . 'use UpgradeKeep WebSocket',
        ],
        %helper,
    ],
    [
        'event in a section', lines("ProxyPass /x $http", section('/x', $event)),
        ['3 UpgradeTunnel event: has no effect'],
        %helper,
    ],
    [
        'kept by another virtual host', host('a.test', $event) . host('b.test', $keep, "ProxyPass / $http"),
        ['3 UpgradeTunnel event: has no effect'], %helper,
    ],
    [
        'kept elsewhere, but not here',
        lines("ProxyPass /x $http", section('/x', $ws, 'UpgradeKeep none', $event)),
        ['5 UpgradeTunnel event: has no effect'],
        %helper,
    ],
    [
        'H2WebSockets',
        host('a.test', $tls, $h2, 'H2WebSockets on', "ProxyPass /x $http", section('/x', $keep, $event)),
        ['7 H2WebSockets on: each WebSocket over HTTP/2 holds a thread of mod_http2 while it is '
          . 'open, .*; use H2WebSockets off, or an H2MaxWorkers'], %helper,
    ],
    [
        'H2WebSockets of the main server',
        "H2WebSockets on\n" . host('a.test', $tls, $h2, "ProxyPass /x $http", section('/x', $keep, $event)),
        ['1 H2WebSockets on: each WebSocket over HTTP/2 holds a thread'], %helper,
    ],

    ['event for a kept route', lines("ProxyPass /x $http", section('/x', $keep, $event)), [], %helper],
    ['event for a policy', lines("ProxyPass /x $http", section('/x', $ws, $event)), [], %helper],
    ['event for all, one kept', lines($event, "ProxyPass /x $http", section('/x', $keep)), [], %helper],
    [
        'event in a section, kept in another',
        lines("ProxyPass / $http", section('/', $event), section('/x', $keep)), [], %helper,
    ],
    [
        'event for all, kept by a virtual host',
        "$event\n" . host('a.test', $keep, "ProxyPass / $http") . host('b.test', 'UpgradeKeep none'), [],
        %helper,
    ],
    [
        'event in a virtual host, kept by the main server',
        lines($keep, "ProxyPass / $http") . host('a.test', $event), [], %helper,
    ],
    ['threads', 'UpgradeTunnel thread', [], %helper],
    [
        'H2WebSockets with threads',
        host('a.test', $tls, $h2, 'H2WebSockets on', "ProxyPass /x $http", section('/x', $keep)), [], %helper,
    ],
    [
        'H2WebSockets off',
        host('a.test', $tls, $h2, 'H2WebSockets off', "ProxyPass /x $http", section('/x', $keep, $event)), [],
        %helper,
    ],
    [
        'H2WebSockets without HTTP/2',
        host('a.test', $tls, 'H2WebSockets on', "ProxyPass /x $http", section('/x', $keep, $event)), [],
        %helper,
    ],
    [
        'H2WebSockets of another virtual host',
        host(
            'a.test', $tls, $h2, 'H2WebSockets on') . host('b.test', "ProxyPass /x $http",
            section('/x', $keep, $event),
        ),
        [], %helper,
    ],
);

# Limits of event tunnels where threads carry them
my @limits = ('UpgradeTunnelIdle 60', 'UpgradeTunnelPing 25', 'UpgradeTunnelAge 60',
    'UpgradeTunnelMessageMax 10');
check(
    (
        map {
            [
                $_, lines("ProxyPass /x $http", section('/x', $keep, $_)),
                ["4 $_: has no effect, because worker threads carry the tunnels; use UpgradeTunnel event"],
                %helper,
            ],
            [
                "$_ with event", lines("ProxyPass /x $http", section('/x', $keep, $event, $_)), [], %helper,
            ]
        } @limits
    ),
    ['none', lines("ProxyPass /x $http", section('/x', $keep, 'UpgradeTunnelPing none')), [], %helper],
    [
        'of a whole server, event in a section',
        lines('UpgradeTunnelPing 25', "ProxyPass /x $http", section('/x', $keep, $event)), [], %helper,
    ],
    [
        'event in another section that may apply',
        lines("ProxyPass / $http", section('/', $event), section('/x', $keep, 'UpgradeTunnelPing 25')), [],
        %helper,
    ],
    [
        'event in the main server', "$event\n" . host('a.test', $keep, "ProxyPass / $http", $limits[1]), [],
            %helper,
    ],
    [
        'event in another virtual host only',
        host('a.test', $keep, $event, "ProxyPass / $http")
            . host('b.test', $keep, "ProxyPass / $http", $limits[1]),
        ["11 $limits[1]: has no effect"], %helper,
    ],
    [
        'thread in the section itself',
        lines($event, "ProxyPass / $http", $keep, section('/x', 'UpgradeTunnel thread', $limits[3])),
        ["6 $limits[3]: has no effect"], %helper,
    ],
    [
        'another MPM', lines("ProxyPass /x $http", section('/x', $keep, $event, $limits[1])),
        ["5 $limits[1]: has no effect, because with the worker MPM each tunnel occupies a worker; load "
            . "mpm_event"],
        %helper, mpm => 'worker',
    ],
    [
        'over HTTP/2',
        host('a.test', $tls, $h2, 'H2WebSockets on', "ProxyPass /x $http",
            section('/x', $keep, $event, $limits[3])),
        [
            '7 H2WebSockets on: each WebSocket',
            "12 $limits[3]: does not apply to WebSockets over HTTP/2, which threads of mod_http2 carry "
                . "\\(7\\); "
              . 'use H2WebSockets off'
        ],
        %helper,
    ],
    [
        'a short limit that is the own of the route',
        lines('Timeout 10', "ProxyPass /x $http", section('/x', $keep, $event, 'UpgradeTunnelIdle 20')), [],
        %helper,
    ],
);

# Logs of event tunnels
my @tunnels = ("ProxyPass /x $http", section('/x', $keep, $event));
my $rotate  = '"|/usr/bin/rotatelogs access.%F 86400" common';
check(
    [
        'a file', lines('CustomLog access common', @tunnels),
        [
            '1 CustomLog access common: an event tunnel is logged when it ends, .*; use '
              . 'UpgradeTunnelDrain .*, or a piped log \(manual: Log rotation\)',
        ],
        %helper,
    ],
    [
        'a file, and no drain', lines('UpgradeTunnelDrain 0', 'TransferLog access', @tunnels),
        ['2 TransferLog access: an event tunnel is logged when it ends, to the file'], %helper,
    ],
    [
        'rotatelogs', lines("CustomLog $rotate", @tunnels),
        [
            '1 CustomLog "\|/usr/bin/rotatelogs access\.%F 86400" common: each reload ends this program, .*; '
              . 'make it ignore TERM: "\|/bin/sh -c '
              . "'trap .* TERM; exec",
        ],
        %helper,
    ],
    [
        'rotatelogs, drained', lines('UpgradeTunnelDrain 60', "CustomLog $rotate", @tunnels),
        ['2 CustomLog "\|/usr/bin/rotatelogs access\.%F 86400" common: each reload ends this program'],
        %helper,
    ],
    ['by a shell', lines('CustomLog "|$logger -t httpd" common', @tunnels),
        ['1 CustomLog "\|\$logger -t httpd" common: each reload ends this program'], %helper],
    ['without one', lines('CustomLog "||/usr/bin/logger -t x" common', @tunnels),
        ['1 CustomLog "\|\|/usr/bin/logger -t x" common: each reload ends this program'], %helper],
    [
        'two of them', lines('CustomLog a common', "CustomLog $rotate", @tunnels),
        ['1 CustomLog a common: an event tunnel is logged when it ends, to the file',
          '2 CustomLog "\|/usr/bin/rotatelogs access\.%F 86400" common: each reload ends this program'],
        %helper,
    ],
    ['for all servers', lines('GlobalLog all common', host('a.test', @tunnels)),
        ['1 GlobalLog all common: an event tunnel is logged when it ends, to the file'], %helper],
    ['of the virtual host', host('a.test', 'CustomLog a common', @tunnels),
        ['3 CustomLog a common: an event tunnel is logged when it ends, to the file'], %helper],
    [
        'of the main server, for a virtual host without',
        lines('CustomLog a common', host('a.test', @tunnels)),
        ['1 CustomLog a common: an event tunnel is logged when it ends, to the file'], %helper,
    ],
    [
        'a section of the main server, a log of a virtual host',
        lines(@tunnels, host('a.test', 'CustomLog a common')),
        ['9 CustomLog a common: an event tunnel is logged when it ends, to the file'], %helper,
    ],

    ['a file, drained', lines('UpgradeTunnelDrain 60', 'CustomLog a common', @tunnels), [], %helper],
    [
        'rotatelogs that ignores TERM',
        lines(
            q(CustomLog "|/bin/sh -c 'trap \"\" TERM; exec /usr/bin/rotatelogs a.%F 86400'" common),
            @tunnels,
        ),
        [], %helper,
    ],
    ['a program of somebody\'s own', lines('CustomLog "|/opt/logs --x" common', @tunnels), [], %helper],
    ['a device', lines('CustomLog /dev/stdout common', @tunnels), [], %helper],
    [
        'threads',
        lines('CustomLog a common', "CustomLog $rotate", "ProxyPass /x $http", section('/x', $keep)),
        [], %helper,
    ],
    [
        'of the main server, for a virtual host with its own',
        lines('CustomLog a common', host('a.test', 'CustomLog /dev/stdout common', @tunnels)), [],
        %helper,
    ],
    [
        'of another virtual host',
        host('a.test', 'CustomLog /dev/stdout common', @tunnels) . host('b.test', 'CustomLog b common'),
        [], %helper,
    ],
);

# Status and probe for everybody
check(
    [
        'status', $public . "\n" . pages(),
        ['3 SetHandler upgrade-status: everybody can read the counters and the names of the '
          . 'policies; add Require local'],
    ],
    [
        'probe', $public . "\n" . section('/p', 'SetHandler upgrade-probe'),
        ['3 SetHandler upgrade-probe: everybody can read which headers proxies on the way send, '
          . '.*; add Require local'],
    ],
    ['all granted', $public . "\n" . pages('Require all granted'),
        ['3 SetHandler upgrade-status: everybody can read the counters']],
    [
        'all granted beside others', $public . "\n" . pages('Require ip 192.0.2.1', 'Require all granted'),
        ['3 SetHandler upgrade-status: everybody can read the counters'],
    ],
    [
        'Allow from all', $public . "\n" . pages('Order deny,allow', 'Allow from all'),
        ['3 SetHandler upgrade-status: everybody can read the counters'],
    ],
    [
        'granted here, though not above',
        $public . "\n" . section('/', 'Require local') . pages('Require all granted'),
        ['6 SetHandler upgrade-status: everybody can read the counters'],
    ],
    [
        'a restriction of something else',
        lines(
            $public, section('/sx', 'Require local'),
            inside('LocationMatch', '^/\.git', 'Require all denied'),
            inside('FilesMatch', '^\.ht', 'Require all denied'), pages(),
        ),
        ['13 SetHandler upgrade-status: everybody can read the counters'],
    ],
    [
        'documents for everybody',
        lines(
            $public, inside('Directory', '/', 'Require all denied'),
            inside('Directory', Apache::Test::vars('documentroot'), 'Require all granted'), pages(),
        ),
        ['9 SetHandler upgrade-status: everybody can read the counters'],
    ],
    ['in a virtual host', $public . "\n" . host('a.test', pages()),
        ['5 SetHandler upgrade-status: everybody can read the counters']],
    [
        'in an <If> of the section',
        $public . "\n" . section('/s', inside('If', 'true', 'SetHandler upgrade-status')),
        ['4 SetHandler upgrade-status: everybody can read the counters'],
    ],

    ['the server listens to its own machine only', pages(), []],
    [
        'a virtual host of its own machine',
        $public . "\nListen 127.0.0.1:8081\n<VirtualHost 127.0.0.1:8081>\n" . pages() . '</VirtualHost>', [],
    ],
    [
        'a port of its own machine',
        $public . "\nListen 127.0.0.1:8081\n<VirtualHost *:8081>\n" . pages() . '</VirtualHost>', [],
    ],
    (
        map { ["$_", "$public\n" . pages($_), []] } 'Require local', 'Require ip 192.0.2.0/24',
        'Require valid-user',                                        'Require all denied',
        'SSLVerifyClient require',                                   'Order allow,deny',
        'Deny from all',
        "<RequireAll>\nRequire all granted\nRequire ip 192.0.2.1\n</RequireAll>",
        "<RequireAny>\nRequire local\n</RequireAny>",
        inside('If', "\"! -R '192.0.2.0/24'\"", 'Require all denied'),
    ),
    ['restricted above', $public . "\n" . section('/', 'Require local') . pages(), []],
    [
        'restricted above, by the main server',
        $public . "\n" . section('/', 'Require local') . host('a.test', pages()), [],
    ],
    [
        'restricted by a pattern',
        $public . "\n" . inside('LocationMatch', '^/s', 'Require local') . "\n" . pages(), [],
    ],
    [
        'restricted by its documents',
        lines($public, inside('Directory', '/', 'Require all denied'), pages()), [],
    ],
    [
        'restricted around',
        $public . "\n" . section('/s', 'Require local', inside('If', 'true', 'SetHandler upgrade-status')),
        [],
    ],
    [
        'restricted by a condition',
        $public . "\n" . inside('If', "\"! -R '192.0.2.0/24'\"", 'Require all denied') . "\n" . pages(), [],
    ],
    ['another handler', $public . "\n" . section('/s', 'SetHandler server-status'), []],
);

# Status and probe behind a ProxyPass
my $all = "*:$server->{port}";
check(
    [
        'status behind ProxyPass /', lines("ProxyPass / $http", pages()),
        ['3 SetHandler upgrade-status: is never reached, because 1 proxies its path to a backend; '
          . 'use ProxyPass "/s" ! before that line'],
    ],
    [
        'probe behind a pattern', lines("ProxyPassMatch ^/ $http", section('/p', 'SetHandler upgrade-probe')),
        ['3 SetHandler upgrade-probe: is never reached'],
    ],
    ['excluded too late', lines("ProxyPass / $http", 'ProxyPass /s !', pages()),
        ['4 SetHandler upgrade-status: is never reached']],
    [
        'behind a section', section('/', "ProxyPass $http") . pages(),
        ['5 SetHandler upgrade-status: is never reached, .*; use ProxyPass ! in this section'],
    ],
    ['in a virtual host', host('a.test', "ProxyPass / $http", pages()),
        ['5 SetHandler upgrade-status: is never reached']],
    ['of the main server', pages() . inside('VirtualHost', $all, "ProxyPass / $http"),
        ['2 SetHandler upgrade-status: is never reached']],
    [
        'of the main server, with two virtual hosts',
        pages()
          . lines(map { inside('VirtualHost', $all, "ServerName $_",
              "ProxyPass / $http") } qw(a.test b.test)),
        ['2 SetHandler upgrade-status: is never reached'],
    ],

    ['excluded before', lines('ProxyPass /s !', "ProxyPass / $http", pages()), []],
    ['excluded in the section', lines("ProxyPass / $http", pages('ProxyPass !')), []],
    ['another path', lines("ProxyPass /a $http", "ProxyPass /sx $http", pages()), []],
    [
        'reached through one virtual host',
        pages() . inside('VirtualHost', $all, "ProxyPass / $http") . "\n" . host('b.test'), [],
    ],
    ['reached at a port of its own', pages() . host('a.test', "ProxyPass / $http"), []],
    ['another server', host('a.test', pages()) . host('b.test', "ProxyPass / $http"), []],
);

# Guides
check(
    [
        'a guide under a WebSocket policy',
        lines("ProxyPass / $http", section('/x', $ws, 'UpgradeGuide /x/guide')),
        [
            '4 UpgradeGuide /x/guide: 3 refuses the guide too, .*; use a page elsewhere, or add '
              . 'UpgradeRequire none in a section for it',
        ],
    ],
    [
        'a guide behind the floor', lines('UpgradeFloor TLS', 'UpgradeGuide /guide'),
        ['2 UpgradeGuide /guide: 1 refuses the guide too, .*or add an UpgradeFloorExcept for it'],
    ],
    [
        'a guide in clear',
        "Listen 127.0.0.1:8080\n<VirtualHost *:8080>\n" . lines(
            'ServerName a.test', 'UpgradeFloor TLS', 'UpgradeGuide http://a.test:8080/guide',
            '</VirtualHost>',
        ),
        ['5 UpgradeGuide http://a\.test:8080/guide: 4 refuses the guide too'],
    ],
    [
        'an inherited guide', lines('UpgradeGuide /x', "ProxyPass / $http", section('/x', $ws)),
        ['1 UpgradeGuide /x: 4 refuses the guide too'],
    ],
    [
        'the policy of a server', host('a.test', "ProxyPass / $http", $ws, 'UpgradeGuide /guide'),
        ['5 UpgradeGuide /guide: 4 refuses the guide too'],
    ],

    ['elsewhere', lines("ProxyPass / $http", section('/x', $ws, 'UpgradeGuide /guide')), []],
    ['on another server', lines('UpgradeFloor TLS', 'UpgradeGuide http://www.example.com/guide'), []],
    ['over TLS', host('a.test', 'UpgradeFloor TLS', 'UpgradeGuide https://a.test/guide'), []],
    [
        'behind a newer TLS, for browsers',
        host('a.test', $tls, 'UpgradeFloor TLS/1.3', 'UpgradeGuide /guide'), [],
    ],
    ['redirected to TLS', lines('UpgradeFloor TLS', 'UpgradeRedirect temporary', 'UpgradeGuide /guide'), []],
    ['behind HTTP/1.1', lines('UpgradeFloor HTTP/1.1', 'UpgradeGuide /guide'), []],
    [
        'excepted',
        lines('UpgradeFloor TLS', 'UpgradeFloorExcept "%{REQUEST_URI} == \'/guide\'"', 'UpgradeGuide /guide'),
        [],
    ],
    [
        'lifted',
        lines(
            "ProxyPass / $http", section('/x', $ws, 'UpgradeGuide /x/guide'),
            section('/x/guide', 'UpgradeRequire none'),
        ),
        [],
    ],
    [
        'lifted by a condition',
        lines(
            "ProxyPass / $http", section('/x', $ws, 'UpgradeGuide /x/guide'),
            inside('If', '"%{REQUEST_URI} == \'/x/guide\'"', 'UpgradeRequire none'),
        ),
        [],
    ],
    ['announced only', lines('UpgradeFloor TLS', 'UpgradeMode announce', 'UpgradeGuide /guide'), []],
    ['beside it', lines("ProxyPass / $http", section('/x', $ws, 'UpgradeGuide /xy')), []],
);

# HTTP/2 where it cannot be
my $reset  = 'UpgradeHTTP2Answer reset';
my $demand = section('/x', 'UpgradeRequire HTTP/2');
check(
    [
        'prefork', host('a.test', $tls, $h2, 'UpgradeFloor HTTP/2'),
        [
            '7 UpgradeFloor HTTP/2: mod_http2 does not offer HTTP/2 over TLS with this MPM, so every '
              . 'request is refused; load mpm_event_module',
        ],
        %prefork,
    ],
    [
        'prefork, TLS demanded', lines($h2, section('/x', 'UpgradeRequire TLS HTTP/2')),
        ['3 UpgradeRequire TLS HTTP/2: mod_http2 does not offer HTTP/2 over TLS with this MPM'], %prefork,
    ],
    [
        'in clear, and nobody may begin with it',
        lines('Protocols h2c http/1.1', 'H2Direct off', 'UpgradeFloor HTTP/2'),
        [
            '3 UpgradeFloor HTTP/2: without TLS only clients that start with HTTP/2 can meet the '
              . 'policy, .*; use H2Direct on',
        ],
    ],
    [
        'reset beside a demand',
        host('a.test', $tls, $h2, "ProxyPass / $http", $demand, section('/ws', $ws, $reset)),
        [
            '14 UpgradeHTTP2Answer reset: tells clients to use HTTP/1.1, and browsers then use it for'
              . ' the whole server, where 9 requires HTTP/2; use UpgradeHTTP2Answer 426',
        ],
    ],
    [
        'reset of a server',
        host(
            'a.test', $tls, $h2, "ProxyPass / $http", $reset, $demand,
            section('/ws', $ws),
        ),
        ['8 UpgradeHTTP2Answer reset: tells clients'],
    ],
    [
        'reset beside a floor',
        host(
            'a.test', $tls, $h2, "ProxyPass / $http", 'UpgradeFloor HTTP/2',
            section('/ws', $ws, $reset),
        ),
        ['11 UpgradeHTTP2Answer reset: tells clients'],
    ],
    [
        'reset beside a demand of the main server',
        $demand . host(
            'a.test', $tls, $h2, "ProxyPass / $http", section('/ws', $ws, $reset),
        ),
        ['13 UpgradeHTTP2Answer reset: tells clients .* where 2 requires'],
    ],
    [
        'reset of a virtual host, sections of the main server',
        lines(
            "ProxyPass / $http", $demand, section('/ws', $ws)) . host('a.test', $tls, $h2,
            $reset,
        ),
        ['16 UpgradeHTTP2Answer reset: tells clients .* where 3 requires'],
    ],

    ['prefork, no TLS', lines('Protocols h2c http/1.1', 'UpgradeFloor HTTP/2'), [], %prefork],
    ['prefork, nothing demanded', host('a.test', $tls, $h2, 'UpgradeFloor HTTP/1.1'), [], %prefork],
    ['event', host('a.test', $tls, $h2, 'UpgradeFloor HTTP/2'), []],
    ['worker', host('a.test', $tls, $h2, 'UpgradeFloor HTTP/2'), [], mpm => 'worker'],
    ['H2Direct off, over TLS', host('a.test', $tls, $h2, 'H2Direct off', 'UpgradeFloor HTTP/2'), []],
    [
        'reset, nothing demanded',
        host('a.test', $tls, $h2, "ProxyPass / $http", section('/ws', $ws, $reset)), [],
    ],
    [
        'reset that never happens',
        host('a.test', $tls, $h2, section('/x', 'UpgradeRequire HTTP/2', $reset)), [],
    ],
    [
        '426 beside a demand',
        host(
            'a.test', $tls, $h2, "ProxyPass / $http", $demand, section('/ws', $ws, 'UpgradeHTTP2Answer 403'),
        ),
        [],
    ],
    [
        'reset in another server',
        host(
            'a.test', $tls, $h2, $demand) . host('b.test', $tls, $h2, "ProxyPass / $http",
            section('/ws', $ws, $reset),
        ),
        [],
    ],
    [
        'reset beside a floor that is lifted',
        "$h2\nUpgradeFloor HTTP/2\n" . host(
            'a.test', $tls, 'UpgradeFloor none', "ProxyPass / $http",
            section('/ws', $ws, $reset),
        ),
        [],
    ],
);

# mod_md before the floor
my @md = ('MDomain a.test', 'MDRequireHttps permanent');
sub clear {
    my ($inside, @outside) = @_;
    return lines('Listen 127.0.0.1:8080', @outside, '<VirtualHost *:8080>', 'ServerName a.test', $inside,
        '</VirtualHost>');
}
check(
    [
        'MDRequireHttps before a floor', clear('UpgradeFloor TLS', @md),
        [
            '3 MDRequireHttps permanent: redirects unencrypted requests before the floor of 6 is '
              . 'checked, so .*; use MDRequireHttps off, and UpgradeRedirect permanent',
        ],
    ],
    [
        'of one domain',
        clear('UpgradeFloor TLS/1.2', inside('MDomainSet', 'a.test b.test', 'MDRequireHttps temporary')),
        ['3 MDRequireHttps temporary: redirects'],
    ],
    [
        'before an inherited floor', clear('', @md, 'UpgradeFloor TLS'),
        ['3 MDRequireHttps permanent: redirects unencrypted requests before the floor of 4'],
    ],

    ['without MDRequireHttps', clear('UpgradeFloor TLS', 'MDomain a.test'), []],
    ['MDRequireHttps off', clear('UpgradeFloor TLS', 'MDomain a.test', 'MDRequireHttps off'), []],
    [
        'off for the domain',
        clear(
            'UpgradeFloor TLS', 'MDRequireHttps permanent',
            inside('MDomainSet', 'a.test', 'MDRequireHttps off'),
        ),
        [],
    ],
    ['of another domain', clear('UpgradeFloor TLS', 'MDomain b.test', 'MDRequireHttps permanent'), []],
    ['no floor', clear('', @md), []],
    ['a floor of HTTP', clear('UpgradeFloor HTTP/1.1', @md), []],
    ['a floor over TLS', lines(@md) . host('a.test', $tls, 'UpgradeFloor TLS'), []],
);

# What is found is what is answered: a client is offered HTTP/2 only where it can have it.
for my $case (
    [event => 'http2', 'HTTP/2.0, HTTP/1.1', 'HTTP/2.0, HTTP/1.1'],
    [prefork => 'http2', 'HTTP/2.0, HTTP/1.1', 'HTTP/1.1'],
    [event => 'env', 'HTTP/1.1', 'HTTP/1.1'],
) {
    my ($mpm, $module, @want) = @$case;
    my $own = Server->new(mpm => $mpm, modules => [qw(authz_core socache_shmcb ssl), $module]);
    my $port = free_port();
    my $https = "Listen 127.0.0.1:$port\n<VirtualHost *:$port>\n$tls\n</VirtualHost>";
    $own->configure(lines('Protocols h2 h2c http/1.1', 'UpgradeFloor HTTP/1.1', $https))->start;
    my @offered = map {
        my $socket = connect_to(@$_);
        print $socket "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n";
        field(answer_from($socket), 'Upgrade');
    } [$own->{port}], [$port, SSL_hostname => 'localhost'];
    is_deeply \@offered, \@want, "what $mpm with mod_$module offers in clear and over TLS";
    $own->stop;
}

# The table of kept routes
{
    my $output = dump_of(
        lines(
            'Timeout 45', 'UpgradeTunnelMax 7', 'UpgradeTunnelDrain 30',
            inside('Proxy', 'balancer://b', "BalancerMember $http timeout=90"),
            "ProxyPass /a/ $http timeout=300", 'ProxyPass /b balancer://b', "ProxyPass /r ${http}r",
            section('/a', $keep, $event), section('/b', $keep), section('/r', $ws, $event),
            section('/n', $ws, 'UpgradeKeep none'),
            section('/q', $keep, 'RewriteEngine on', "RewriteRule . $http [P]"),
            section('/a/in', inside('If', 'true', $keep)),
            host('b.test', 'Timeout 80', $keep, "ProxyPass / ${http}b", section('/t', $event)),
        ),
        %helper
    );
    my @columns = qw(server where keeps carrier backend idle max drain at);
    my $head    = join ' +', @columns;
    ok $output =~ /^Routes that keep WebSocket handshakes:\n$head\n(.*?)^event tunnels: ([^\n]*)$/ms,
      'the table'
      or diag $output;
    my ($table, $capacity) = ($1 // '', $2 // '');
    my %row;
    for my $line (split /\n/, $table) {
        my ($server, $where, @rest) = split /  +/, $line;
        like pop @rest, qr/^\S+:\d+$/, "where it stands: $where";
        $row{"$server $where"} = \@rest;
    }
    my %want = (
        'localhost <Location /a>' => ['WebSocket', 'event', $http, '300 s', '7', '30 s'],
        'localhost <Location /b>' => ['WebSocket', 'thread', 'balancer://b', '90 s', '-', '-'],
        'localhost <Location /r>' => ['by policy', 'event', "${http}r", '300 s', '7', '30 s'],
        'localhost <Location /q>' => ['WebSocket', 'thread', 'not known', '45 s', '-', '-'],
        'localhost <If true> in <Location /a/in>' => ['WebSocket', 'thread', $http, '300 s', '-', '-'],
        'b.test:443 server' => ['WebSocket', 'thread', "${http}b", '80 s', '-', '-'],
        'b.test:443 <Location /t>' => ['WebSocket', 'event', "${http}b", '80 s', '7', '30 s'],
        'b.test:443 <Location /a>' => ['WebSocket', 'event', "${http}b", '80 s', '7', '30 s'],
        'b.test:443 <Location /b>' => ['WebSocket', 'thread', "${http}b", '80 s', '-', '-'],
        'b.test:443 <Location /r>' => ['by policy', 'event', "${http}b", '80 s', '7', '30 s'],
        'b.test:443 <Location /q>' => ['WebSocket', 'thread', "${http}b", '80 s', '-', '-'],
        'b.test:443 <If true> in <Location /a/in>' => ['WebSocket', 'thread', "${http}b", '80 s', '-', '-'],
    );
    is_deeply \%row, \%want, 'its rows' or diag $output;
    my $child = qr/event tunnels in each: 7; carried by its workers: \d+/;
    like $capacity,
      qr/^at least \d+ tunnels \(children: \d+; $child\); to allow more, raise UpgradeTunnelMax \(now 7\) or/,
      'how many event tunnels';
    my ($max, $children, $each, $more) = $capacity =~ /(\d+)/g;
    is $max, $children * ($each + $more), 'all of them';

    my $own = Server->new(%helper, modules => [qw(authz_core proxy proxy_http)]);
    $own->configure(lines('UpgradeTunnelMax 7', "ProxyPass / $http", $keep, $event))->start;
    like $own->log,
        qr/UR0011: UpgradeTunnel event: at least \d+ tunnels \(children: \d+; event tunnels in each: 7;/,
        'the log says the same';
    $own->stop;

    like dump_of(lines("ProxyPass / $http", $keep, $event), %helper, %prefork),
      qr/^event tunnels: with the prefork MPM each tunnel occupies a worker.*; load mpm_event_module$/m,
      'none under prefork';
    like dump_of('', %helper), qr/^Routes that keep WebSocket handshakes:\n.*\nnone\n\nFindings/m,
      'no kept routes';
    unlike dump_of($ws), qr/Routes that keep/, 'nothing without the helper';
}

done_testing;
