# Requests that httpd makes in the course of another: internal redirects, ErrorDocuments. What
# was said and counted of the client's own request stays so, once.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wire;

my $raw = Apache::Test::vars('raw_port');
my @modules = qw(authz_core alias dir headers rewrite negotiation mime proxy proxy_http proxy_wstunnel http2);
my $since = 'UpgradeMode announce since=2026-06-01T00:00:00Z';

sub section { my ($path, @lines) = @_; return join "\n", "<Location $path>", @lines, '</Location>', '' }

# A document root of its own, with a front controller in .htaccess.
my $server = Server->new(modules => \@modules, helper => 1);
my $root = "$server->{folder}/htdocs";
mkdir $root or die $!;
mkdir "$root/front" or die $!;
for (['page.html', "a page\n"], ['error.html', "an error\n"], ['front/index.html', "the front\n"],
    ['secret.html', "secret\n"],
    ['front/.htaccess',
        "RewriteEngine on\nRewriteRule ^x\$ /front/index.html [L]\n"
        . "RewriteRule ^secret\$ /secret.html [L]\n"]) {
    open my $file, '>', "$root/$_->[0]" or die $!;
    print $file $_->[1];
}
chmod 0755, $root, "$root/front";

sub start {
    return $server->configure(join "\n", "DocumentRoot $root", "<Directory $root>", 'AllowOverride All',
        'Options +MultiViews', '</Directory>', 'TypesConfig /dev/null', 'AddType text/html .html',
        'CustomLog verdict_log "%U %{UPGRADE_VERDICT}e %{UPGRADE_REASON}e %{UPGRADE_POLICY}e '
            . '%{UPGRADE_PHASE}e"', section('/status', 'SetHandler upgrade-status'), @_)->start;
}
sub count {
    my (%like) = @_;
    my $sum = 0;
    for my $row (@{ json_of($server->ask('GET /status?format=json HTTP/1.1'))->{decisions} }) {
        $sum += $row->{count} unless grep { $row->{$_} ne $like{$_} } keys %like;
    }
    return $sum;
}
sub logged {
    open my $file, '<', "$server->{folder}/verdict_log" or die $!;
    return join '', <$file>;
}

# Announced once, in one field each, however the answer is made
start('UpgradeFloor TLS', $since, 'UpgradeGuide /g', 'ErrorDocument 404 /error.html',
    'Header set Deprecation @2', 'Header set Link "</g>; rel=\"deprecation\""',
    section('/front', 'UpgradeRequire WebSocket'));
my $before = count(policy => 'floor', verdict => 'announce');
for my $case (['/page.html', 200], ['/page', 200], ['/front/x', 200], ['/nowhere', 404]) {
    my ($path, $status) = @$case;
    my $answer = $server->ask("GET $path HTTP/1.1");
    is $answer->{status}, $status, "$path: status";
    is_deeply [fields($answer, 'Deprecation')], ['@2'], "$path: the application's Deprecation, once";
    is_deeply [fields($answer, 'Link')], ['</g>; rel="deprecation"'], "$path: Link, once";
}
is count(policy => 'floor', verdict => 'announce') - $before, 5,
    'the floor: one for each request of a client, with the one that asks';
is count(policy => '/front', verdict => 'announce'), 1, 'the route: not again after the redirect';
$server->stop->finish;
like logged(), qr{^/page\.html announce tls-missing floor floor$}m, 'variables: as it was asked';
like logged(), qr{^/front/x announce websocket-missing /front route$}m, 'variables: after a redirect';
like logged(), qr{^/nowhere announce tls-missing floor floor$}m, 'variables: with an ErrorDocument';

# What a proxy states is what it stated of the client's request, whatever is made of the fields
start('UpgradeTrustedProxy 127.0.0.1 scheme=X-Scheme', 'RequestHeader set X-Scheme https',
    section('/secret.html', 'UpgradeRequire TLS'), section('/page.html', 'UpgradeRequire TLS'));
for my $case (['/secret.html', 'http', 426], ['/front/secret', 'http', 426], ['/front/secret', 'https', 200],
    ['/page', 'http', 426]) {
    my ($path, $scheme, $status) = @$case;
    is $server->ask("GET $path HTTP/1.1", "X-Scheme: $scheme")->{status}, $status, "$path, stated $scheme";
}
$server->stop;
start('UpgradeTrustedProxy 127.0.0.1 scheme=X-Scheme', 'UpgradeFloor TLS');
for my $case (['close', 200], ['X-Scheme', 426], ['"a, X-Scheme, b"', 426], ['", X-Scheme', 426]) {
    my ($connection, $status) = @$case;
    is $server->ask('GET /page.html HTTP/1.1', 'X-Scheme: https', "Connection: $connection")->{status},
        $status, "Connection: $connection";
}
$server->stop;

# Handshakes that are let pass
my @origin = (handshake, 'Origin: https://other.example');
start(map({ "ProxyPass /$_/ ws://127.0.0.1:$raw/" } qw(announced off excepted refused section keep)),
    section('/announced/', 'UpgradeRequire TLS WebSocket', 'UpgradeWebSocketOrigin same',
        'UpgradeMode announce since=2026-06-01T00:00:00Z', 'UpgradeGuide /g'),
    section('/off/', 'UpgradeRequire WebSocket', 'UpgradeWebSocketOrigin same', 'UpgradeMode off'),
    section('/excepted/', 'UpgradeRequire WebSocket', 'UpgradeWebSocketOrigin same', 'UpgradeExcept true'),
    section('/refused/', 'UpgradeRequire WebSocket', 'UpgradeWebSocketOrigin same'),
    section('/keep/', 'UpgradeKeep WebSocket', 'UpgradeWebSocketProtocol chat', 'UpgradeMode announce'),
    section('/section/', '<If "true">', 'UpgradeKeep WebSocket', '</If>'));
for my $case (['announced', 101], ['off', 101], ['excepted', 101], ['keep', 101], ['refused', 403]) {
    my ($route, $status) = @$case;
    is $server->ask("GET /$route/good HTTP/1.1", @origin)->{status}, $status,
        "$route: an origin that is not accepted";
    is $server->ask("GET /$route/wrong-accept HTTP/1.1", @origin)->{status}, $status == 101 ? 502 : $status,
        "$route: a bad switch";
}
my $answer = $server->ask('GET /announced/good HTTP/1.1', handshake);
is $answer->{status}, 101, 'a switch that is announced: status';
is field($answer, 'Deprecation'), '@1780272000', 'a switch that is announced: Deprecation';
is field($answer, 'Link'), '</g>; rel="deprecation"', 'a switch that is announced: Link';
$answer = $server->ask('GET /section/good HTTP/1.1', 'Upgrade: websocket', 'Connection: Upgrade',
    'Sec-WebSocket-Version: 8');
like json_of($answer)->{policy}, qr/^<If> httpd\.conf:\d+$/, 'UpgradeKeep in <If>: the name tells where';
$server->stop;

# A backend's 426 with an ErrorDocument, on the first request of a connection
start('Protocols h2c http/1.1', "ProxyPass /app/ http://127.0.0.1:$raw/",
    section('/app/', 'UpgradeKeep WebSocket', 'ProxyErrorOverride On', 'ErrorDocument 426 /error.html'));
for my $lines ([], [handshake]) {
    $answer = $server->ask('GET /app/426 HTTP/1.1', @$lines);
    is $answer->{body}, "an error\n", 'ErrorDocument: body';
    is_deeply [fields($answer, 'Upgrade')], ['websocket'], 'ErrorDocument: Upgrade, once';
}
$server->stop;

done_testing;
