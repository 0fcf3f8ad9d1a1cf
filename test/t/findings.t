# The check of a configuration: what it finds, that it finds nothing else, and the dump.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Findings;
use Server;
use Wire;

my $twice = "$server->{folder}/twice.conf";
{
    open my $file, '>', $twice or die $!;
    print $file "<VirtualHost *:443>\nServerName twice.test\n$tls\nSSLProtocol \${Versions}\n"
        . "UpgradeFloor TLS/1.3\n</VirtualHost>\n";
}

# name, configuration, what each finding begins with (line first); options
check(
    ['HTTP/2 without h2', 'UpgradeFloor HTTP/2',
        ['1 UpgradeFloor HTTP/2: this server does not offer HTTP/2, so .*; load mod_http2 and use '
          . 'Protocols h2 http/1.1']],
    ['h2 where the server is in clear', "Protocols h2 http/1.1\nUpgradeFloor HTTP/2",
        ['2 UpgradeFloor HTTP/2: this server does not offer HTTP/2']],
    ['h2c where it speaks TLS', host('a.test', $tls, 'Protocols h2c http/1.1',
        section('/x', 'UpgradeRequire HTTP/2')),
        ['8 UpgradeRequire HTTP/2: this server does not offer HTTP/2']],
    ['h2 without mod_http2', "Protocols h2c http/1.1\nUpgradeFloor HTTP/2",
        ['2 UpgradeFloor HTTP/2: this server does not offer HTTP/2'], modules => ['authz_core']],
    ['TLS without a TLS module', "UpgradeFloor TLS\n" . section('/x', 'UpgradeRequire TLS/1.3'),
        ['1 UpgradeFloor TLS: no TLS module is loaded, so .*; load mod_ssl'], modules => ['authz_core']],
    ['a TLS version that is not offered', host('a.test', $tls, 'SSLProtocol TLSv1.2', 'UpgradeFloor TLS/1.3'),
        ['7 UpgradeFloor TLS/1\.3: TLS/1.3 or newer is not offered by SSLProtocol \(6\), so every '
          . 'request is refused; use SSLProtocol all']],
    ['a TLS version below which nothing is offered',
        host('a.test', $tls, 'SSLProtocol all -TLSv1 -TLSv1.1', section('/x', 'UpgradeRequire TLS/1.2')),
        ['8 UpgradeRequire TLS/1\.2: clients below TLS/1.2 are not accepted by SSLProtocol \(6\), '
          . '.*; use SSLProtocol all to tell them why, or require TLS']],
    ['SSLProtocol inherited', "SSLProtocol -all +TLSv1.3\n" . host('a.test', $tls, 'UpgradeFloor TLS/1.3'),
        ['7 UpgradeFloor TLS/1\.3: clients below TLS/1.3 are not accepted by SSLProtocol \(1\)']],
    ['a cache in front', "CacheEnable disk /\n" . section('/x', 'UpgradeRequire HTTP/1.1'),
        ['1 CacheEnable disk /: cached responses are sent before route policies are checked; use '
          . 'CacheQuickHandler off']],
    ['a redirect to any host', host('a.test', 'ServerAlias b.test', 'ServerAlias *', 'UpgradeFloor TLS',
        'UpgradeRedirect permanent'),
        ['4 ServerAlias \*: accepts every host name, and UpgradeRedirect redirects clients to the '
          . 'one that they name; list the names instead of \*']],
    ['upgrade=ANY', 'ProxyPass /x http://127.0.0.1:1/ upgrade=ANY',
        ['1 ProxyPass /x http://127\.0\.0\.1:1/: upgrade=ANY lets clients tunnel any protocol, .*;'
          . ' name the protocol: upgrade=websocket, .*upgrade=tcp \(Docker\) or upgrade=SPDY/3.1']],
    ['a password stays out of the finding', 'ProxyPass /x http://user:secret@127.0.0.1:1/ upgrade=ANY',
        ['1 ProxyPass /x: upgrade=ANY']],
    ['so does a secret',
        "<Proxy balancer://c>\nBalancerMember ajp://127.0.0.1:1 secret=x upgrade=ANY\n</Proxy>",
        ['2 BalancerMember ajp://127\.0\.0\.1:1: upgrade=ANY']],
    ['upgrade=NONE in a balancer',
        "<Proxy balancer://b>\nBalancerMember http://127.0.0.1:1 upgrade=none\n</Proxy>",
        ['2 BalancerMember http://127\.0\.0\.1:1: upgrade=NONE opens a tunnel .*; name the '
          . 'protocol: upgrade=websocket']],
    ['the fallback off', 'ProxyWebsocketFallbackToProxyHttp Off',
        ['1 ProxyWebsocketFallbackToProxyHttp Off: leaves WebSockets to mod_proxy_wstunnel, which '
          . 'opens tunnels without checking the backend\'s response; use On']],
    ['a shared worker',
        "ProxyPass /a http://127.0.0.1:1/\nProxyPass /b http://127.0.0.1:1/ws upgrade=websocket",
        ['2 ProxyPass /b http://127\.0\.0\.1:1/ws: shares the worker of 1, so httpd ignores its '
          . 'upgrade= and WebSocket handshakes are lost; load mod_upgrade_wstunnel and use '
          . 'UpgradeKeep WebSocket for the route, or move this line before the other']],
    ['a date that is past', section('/x', 'UpgradeRequire HTTP/1.1',
        'UpgradeMode enforce from=2020-01-01T00:00:00Z'),
        ['3 UpgradeMode enforce: the date of from= is in the past, so nothing is announced; use a '
          . 'later date, or remove from=']],
    ['overlapping brownouts',
        "UpgradeBrownout 2030-01-01T00:00:00Z/P2D\nUpgradeBrownout 2030-01-02T00:00:00Z/P2D",
        ['2 UpgradeBrownout 2030-01-02T00:00:00Z/P2D: overlaps the brownout of 1, .*; use '
          . 'intervals that do not overlap']],
    ['a cache of the main server, a policy of a virtual host',
        "CacheEnable disk /\n" . host('a.test', section('/x', 'UpgradeRequire HTTP/1.1')),
        ['1 CacheEnable disk /: cached responses are sent']],
    ['TLS by the port of https',
        "Listen 127.0.0.1:$https https\nSSLCertificateFile $conf/server.crt\n"
        . "SSLCertificateKeyFile $conf/server.key\n<VirtualHost *:$https>\nServerName a.test\n"
        . "SSLProtocol -all +TLSv1.3\nUpgradeFloor TLS/1.3\n</VirtualHost>",
        ['7 UpgradeFloor TLS/1\.3: clients below TLS/1.3 are not accepted by SSLProtocol \(6\)']],
    ['an inherited demand that one virtual host cannot meet',
        "UpgradeFloor TLS/1.3\n" . host('a.test', $tls, 'SSLProtocol TLSv1.2') . host('b.test', $tls),
        ['1 UpgradeFloor TLS/1\.3: TLS/1.3 or newer is not offered by SSLProtocol \(7\)']],
    ['an inherited demand of which no virtual host tells',
        "UpgradeFloor TLS/1.3\n" . host('a.test', $tls, 'SSLProtocol TLSv1.3'),
        ['1 UpgradeFloor TLS/1\.3: clients below TLS/1.3 are not accepted by SSLProtocol \(7\)']],
    ['the alias that is meant', host('a.test', 'ServerAlias b.test', 'ServerAlias *', 'ServerAlias c.test',
        'UpgradeFloor TLS', 'UpgradeRedirect permanent'), ['4 ServerAlias \*: accepts every host name']],
    ['a redirect in a section', host('a.test', 'ServerAlias *',
        section('/x', 'UpgradeRequire TLS', 'UpgradeRedirect temporary')),
        ['3 ServerAlias \*: accepts every host name']],
    ['one file, included twice',
        "Define Versions TLSv1.2\nInclude $twice\nUnDefine Versions\nDefine Versions all\nInclude $twice",
        ['\S+/twice\.conf:7 UpgradeFloor TLS/1\.3: TLS/1.3 or newer is not offered by SSLProtocol '
          . '.*']],
    ['several', "UpgradeFloor HTTP/2\nUpgradeMode enforce from=2020-01-01T00:00:00Z",
        ['2 UpgradeMode enforce: the date of from= is in the past',
        '1 UpgradeFloor HTTP/2: this server does not offer HTTP/2']],
    ['an included file', "Include $FindBin::Bin/conf/any.conf",
        ['\S+/any\.conf:2 ProxyPass /any http://127\.0\.0\.1:1/any: upgrade=ANY lets clients '
          . 'tunnel any protocol']],

    ['nothing', '', []],
    ['HTTP/2 with h2c in clear', "Protocols h2c http/1.1\nUpgradeFloor HTTP/2", []],
    ['HTTP/2 with h2 over TLS', host('a.test', $tls, 'Protocols h2 http/1.1', 'UpgradeFloor TLS HTTP/2'), []],
    ['HTTP/2 demanded for all, offered by a virtual host',
        section('/x', 'UpgradeRequire HTTP/2') . host('a.test', $tls, 'Protocols h2 http/1.1'), []],
    ['what a proxy states',
        "UpgradeTrustedProxy 192.0.2.1 tls=X-TLS http=X-HTTP\nUpgradeFloor TLS/1.3 HTTP/2", [],
        modules => ['authz_core']],
    ['a TLS version with older ones let in', host('a.test', $tls, 'SSLProtocol all', 'UpgradeFloor TLS/1.3'),
        []],
    ['any TLS', host('a.test', $tls, 'SSLProtocol TLSv1.3', 'UpgradeFloor TLS'), []],
    ['a cache behind', "CacheEnable disk /\nCacheQuickHandler off\n"
        . section('/x', 'UpgradeRequire HTTP/1.1'), []],
    ['a cache beside a floor', "CacheEnable disk /\nUpgradeFloor HTTP/1.1", []],
    ['a redirect to named hosts', host('a.test', 'ServerAlias *.a.test', 'UpgradeFloor TLS',
        'UpgradeRedirect permanent'), []],
    ['any name, over TLS', "UpgradeRedirect permanent\n"
        . host('a.test', $tls, 'ServerAlias *', 'Protocols h2 http/1.1'), []],
    ['any name, the redirect off',
        "UpgradeRedirect permanent\n" . host('a.test', 'ServerAlias *', 'UpgradeRedirect off'), []],
    ['an inherited demand of which one virtual host tells',
        "UpgradeFloor TLS/1.3\n" . host('a.test', $tls, 'SSLProtocol TLSv1.3') . host('b.test', $tls), []],
    ['a host whose name begins with another',
        "ProxyPass /a http://app1\nProxyPass /b http://app10/ upgrade=websocket", []],
    ['a shared worker that both say the same of',
        "ProxyPass /a http://app1/ upgrade=websocket\nProxyPass /b http://app1/x upgrade=websocket", []],
    ['a cache in a section', section('/x', 'CacheEnable disk', 'UpgradeRequire HTTP/1.1'), []],
    ['words in quotes', host('a.test', $tls, 'SSLProtocol "all" -SSLv3', 'UpgradeFloor TLS/1.3'), []],
    ['any name, no redirect', host('a.test', 'ServerAlias *', 'UpgradeFloor TLS'), []],
    ['workers of their own',
        "ProxyPass /b http://127.0.0.1:1/ws upgrade=websocket\n"
        . "ProxyPass /c http://127.0.0.1:2/ upgrade=websocket\nProxyPass /a http://127.0.0.1:1/\n"
        . "ProxyPass /d !", []],
    ['a shared worker and the helper',
        "ProxyPass /a http://127.0.0.1:1/\nProxyPass /b http://127.0.0.1:1/ws upgrade=websocket\n"
        . section('/b', 'UpgradeKeep WebSocket'), [], helper => 1],
    ['brownouts one after the other',
        "UpgradeBrownout 2030-01-01T00:00:00Z/P1D\nUpgradeBrownout 2030-01-02T00:00:00Z/P1D", []],
    ['what does not apply', "<IfModule no_such_module>\nUpgradeFloor HTTP/2\n</IfModule>", []],
);

# The shipped files; a date in an example passes some day, which is not what is tested.
for my $file (glob "$FindBin::Bin/conf.d/*.conf") {
    my $output = dump_of("Protocols h2 h2c http/1.1\nInclude $file", helper => 1);
    (my $findings) = $output =~ /^Findings: (.*)\z/ms;
    $findings =~ s/^\S+ UpgradeMode enforce: the date of from= is in the past.*\n//mg;
    $findings =~ s/\n*Syntax OK\n//;
    like $findings, qr/\A(?:none)?\s*\z/, "sound: $file";
}

# The table
{
    my $output = dump_of(join("\n", 'Protocols h2c http/1.1', 'UpgradeFloor HTTP/1.1', 'UpgradeGuide /g',
        section('/chat', 'UpgradeRequire WebSocket', 'UpgradeName chat',
            'UpgradeMode enforce from=2099-01-01T00:00:00Z since=2026-06-01T00:00:00Z',
            'UpgradeBrownout 2098-01-01T00:00:00Z/P1D every=PT1H for=PT10M'),
        section('/off', 'UpgradeRequire TLS', 'UpgradeMode off'),
        section('/words', 'UpgradeRequire TLS/1.2 HTTP/2', 'UpgradeMessage "In my words, %{SERVER_NAME}"',
            '<If "%{HTTPS} == \'on\'">', 'UpgradeRequire HTTP/2', '</If>'),
        section('/none', 'UpgradeRequire none'),
        "<VirtualHost *:8080>\nServerName b.test\nUpgradeFloor none\nUpgradeMode announce\n"
            . "UpgradeRequire HTTP/1.1\n</VirtualHost>"));
    my ($first) = $output =~ /^server +where +requires +mode +now +from +since +name +at$/m;
    ok $first, 'the table has a head' or diag $output;
    my %row;
    my $row = qr/^(localhost|b\.test:8080) +(\S.*?)  +(\S.*?)  +(enforce|announce|off) +(\w+) +(\S+) +(\S+)/m;
    my $place = qr/(\S+|<If> \S+) +(\S+:\d+)\n/;
    while ($output =~ /$row +$place    message to refused clients: (.*)\n((?:    brownout.*\n)*)/g) {
        $row{"$1 $2"} = [$3, $4, $5, $6, $7, $8, $10, $11];
    }
    my @plain = ('This resource requires HTTP/1.1 or newer. The request used HTTP/1.0.', '');
    is_deeply $row{'localhost floor'}, ['HTTP/1.1', 'enforce', 'enforced', '-', '-', 'floor', @plain],
        'a floor';
    is_deeply $row{'localhost <Location /chat>'},
        ['WebSocket', 'enforce', 'announced', '2099-01-01T00:00:00Z', '2026-06-01T00:00:00Z', 'chat',
        'This resource is a WebSocket endpoint. The request was a plain HTTP/1.1 GET.',
            "    brownout: 2098-01-01T00:00:00Z to 2098-01-02T00:00:00Z, 600 of every 3600 seconds\n"],
            'a route with dates and brownouts';
    is_deeply $row{'localhost <Location /off>'},
        ['TLS', 'off', 'off', '-', '-', '/off', 'This resource requires TLS. The request was not encrypted.',
        ''], 'off';
    is_deeply $row{'localhost <Location /words>'},
        ['TLS/1.2 HTTP/2', 'enforce', 'enforced', '-', '-', '/words', 'In my words, %{SERVER_NAME}', ''],
        'with a message';
    is $row{q{localhost <If "%{HTTPS} == 'on'"> in <Location /words>}}[0], 'HTTP/2', 'a section in a section';
    is_deeply $row{'b.test:8080 server'}, ['HTTP/1.1', 'announce', 'announced', '-', '-', 'server', @plain],
        'a virtual host as a whole';
    is $row{'b.test:8080 <Location /chat>'}[1], 'enforce', 'a section of the main server, in a virtual host';
    is $row{'b.test:8080 <Location /words>'}[2], 'announced', 'which inherits from the virtual host';
    my $around = dump_of(section('/around', '<If "true">', 'UpgradeRequire HTTP/1.1', '</If>',
        'UpgradeMode announce'));
    like $around, qr/^localhost +<If "true"> in <Location \/around> +HTTP\/1\.1 +announce +announced /m,
        'a section has the settings of those around it';
    ok !exists $row{'b.test:8080 floor'}, 'a floor of none is none';
    unlike $output, qr{/none}, 'a route without demands is none';
    like dump_of('UpgradeMode off'), qr/^none$/m, 'no policies';
    my ($status, $plain) = $server->configure('UpgradeFloor HTTP/2')->httpd('-t');
    unlike $plain, qr/Upgrade policies|Findings/, 'nothing is printed unless asked';
}

# At start, and at a reload, the same as warnings; a date that passes meanwhile is no news.
{
    my $own = Server->new(modules =>
        ['authz_core'])->configure("UpgradeFloor HTTP/2\n"
        . "UpgradeMode enforce from=2020-01-01T00:00:00Z")->start;
    my $log = $own->log;
    is scalar(() = $log =~ /\[upgrade_required:warn\]/g), 2, 'two warnings at start';
    like $log, qr/UR0004: \S+httpd\.conf:\d+ UpgradeFloor HTTP\/2: this server does not offer HTTP\/2/,
        'with file and line';
    like $log, qr/UR0004: \S+httpd\.conf:\d+ UpgradeMode enforce: the date of from= is in the past/,
        'a date that is past';
    $own->graceful;
    is scalar(() = $own->log =~ /the date of from= is in the past/g), 1, 'a date that is past, at a reload';
    is scalar(() = $own->log =~ /this server does not offer HTTP\/2/g), 2, 'the others again at a reload';
    $own->stop;
}

done_testing;
