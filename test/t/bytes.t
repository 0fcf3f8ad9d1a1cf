# With UpgradeKeep in the virtual host, what reaches the backend is byte for byte what stock
# httpd sends there: for plain requests as it stands, for handshakes where its worker has been
# told upgrade=websocket, or its URL begins with ws.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wire;

my ($raw, $tls, $socket) = Apache::Test::vars(qw(raw_port raw_tls_port raw_socket));
my $root = Apache::Test::vars('documentroot');

# In these %p is the path of the arrangement, %n its name, %b its backend, and %e that with
# TLS. Stock httpd that is to keep handshakes has upgrade=websocket for %u and ws for %s.
my @arrangements = (
    ['http',              'ProxyPass %p/ http://%b/ %u'],
    ['ws',                'ProxyPass %p/ ws://%b/'],
    ['https',             'ProxyPass %p/ https://%e/ %u'],
    ['wss',               'ProxyPass %p/ wss://%e/'],
    ['balancer',          "<Proxy balancer://%n>\nBalancerMember http://%b %u\n</Proxy>\n"
          . 'ProxyPass %p/ balancer://%n/'],
    ['unix',              "ProxyPass %p/ unix:$socket|http://%n.test/ %u"],
    ['nocanon',           'ProxyPass %p/ http://%b/ nocanon %u'],
    ['ws nocanon',        'ProxyPass %p/ ws://%b/ nocanon'],
    ['encoded',           'ProxyPass %p/ http://%b/ mapping=encoded %u'],
    ['servlet',           'ProxyPass %p/ http://%b/ mapping=servlet %u'],
    ['without a slash',   'ProxyPass %p http://%b %u'],
    ['double slashes',    'ProxyPass %p/ http://%b//x// %u'],
    ['into a query',      'ProxyPass %p/ %s://%b/?of='],
    ['in Location',       "<Location %p/>\nProxyPass http://%b/ %u\n</Location>"],
    ['match',             'ProxyPassMatch ^%p/(.*)$ %s://%b/$1'],
    ['match as a whole',  'ProxyPassMatch ^%p/ http://%b %u'],
    ['match nocanon',     'ProxyPassMatch ^%p/(.*)$ %s://%b/$1 nocanon'],
    ['rewritten',         'RewriteRule ^%p/(.*)$ %s://%b/$1 [P]'],
    ['rewritten NE',      'RewriteRule ^%p/(.*)$ %s://%b/$1 [P,NE]'],
    ['rewritten B',       'RewriteRule ^%p/(.*)$ %s://%b/$1 [P,B]'],
    ['rewritten QSA',     'RewriteRule ^%p/(.*)$ %s://%b/$1?more=%2F [P,QSA]'],
    ['rewritten to wss',  'RewriteRule ^%p/(.*)$ wss://%e/$1 [P]'],
    ['in Directory',      "<Directory $root>\nRewriteRule ^%n/(.*)\$ %s://%b/\$1 [P]\n</Directory>"],
    ['SetHandler',        "<LocationMatch ^%p/>\nSetHandler proxy:%s://%b\n</LocationMatch>"],
    ['SetHandler unix',
        "<LocationMatch ^%p/>\nSetHandler proxy:unix:$socket|%s://%n.test\n</LocationMatch>"],
    ['PreserveHost',      "ProxyPass %p/ http://%b/ %u\n<Location %p/>\nProxyPreserveHost On\n</Location>"],
    ['AddHeaders',        "ProxyPass %p/ http://%b/ %u\n<Location %p/>\nProxyAddHeaders Off\n</Location>"],
    ['RequestHeader',
        "ProxyPass %p/ http://%b/ %u\n<Location %p/>\nRequestHeader set X-Real yes\n</Location>"],
    ['interpolate',       'ProxyPass %p/ %s://%b/${WHERE}/ interpolate'],
    ['upgrade=',          'ProxyPass %p/ http://%b/ upgrade=websocket'],
    ['upgrade=ANY',       'ProxyPass %p/ http://%b/ upgrade=ANY'],
    ['without reuse',     'ProxyPass %p/ http://%b/ disablereuse=On %u'],
    ['one connection',    'ProxyPass %p/ http://%b/ max=1 %u'],
    ['not pooled',        "ProxyPass %p/ http://%b/ %u\nSetEnvIf Request_URI ^%p/ proxy-initial-not-pooled"],
    ['no keep-alive',     "ProxyPass %p/ http://%b/ %u\nSetEnvIf Request_URI ^%p/ proxy-nokeepalive"],
    ['chain',             "ProxyPass %p/ http://%b/ %u\nSetEnvIf Request_URI ^%p/ proxy-chain-auth"],
);

my @slashes = qw(Off On NoDecode);

my @paths = (
    '/plain', '/', '/dir/', '//a//b', '/a/b%2Fc', '/a%2fb', '/a%252Fb', '/a%3Bb', '/a;x=1/b', '/a/b;',
    '/a/./b', '/a/../b', '/a/%2e%2e/b', '/..;/b', '/a%20b', '/a+b', '/%C3%A9', "/\xC3\xA9", '/%41%7Eb',
    "/a:b\@c!\$&'()*,=", '/a%25b', '/a%3Fb%23c', '/a%5Cb', '/a%22%3C%3E%7B%7D%5E%60%7C', '/%0A%0D', '/a?',
    '/a?b=%2F&c=%252F', "/a?\xC3\xA9\"<>{}|^`", '/a?b?c//../d', '/a%2Fb?c=%2Fd', '/' . 'long%2F' x 900,
    '/a?' . 'q=%20' x 900,
);

# Further fields of one request, which both servers are sent: they do not depend on the path.
my @fields = (
    ['hop by hop', 'Keep-Alive: 5', 'Proxy-Connection: x', 'TE: trailers', 'Trailer: X-Last',
        'Proxy-Authorization: Basic eDp5'],
    ['end to end', 'Cookie: a=b', 'Cookie: c=d', 'Authorization: Basic eDp5', 'X-Empty:', 'x-lower:   a  b  ',
        'Range: bytes=0-'],
    ['of proxies', 'Via: 1.1 front', 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Host: other.test',
        'Forwarded: for=x', 'Max-Forwards: 7'],
    ['of WebSockets', 'Origin: https://x.test', 'Sec-WebSocket-Protocol: a, b',
        'Sec-WebSocket-Extensions: permessage-deflate; x=1'],
    ['Connection names', 'Connection: X-Mine, keep-alive', 'X-Mine: yes'],
);

# Where what the backend gets is not stock's, it is what stock makes of another request:
# [why, what ours is sent, what stock is sent]
my @rest = ('Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: ' . WS_KEY);
my @asks = ('Upgrade: websocket', 'Connection: Upgrade', @rest);
my @differences = (
    ['stock compares the whole field, so that a list would not be kept: it is narrowed',
        ['Upgrade: h2c, websocket', 'Connection: Upgrade', @rest], \@asks],
    ['and over several fields',
        ['Upgrade: h2c', 'Upgrade: websocket', 'Connection: Upgrade', @rest], \@asks],
    ['the narrowed word is spelt as in the RFC',
        ['Upgrade: WebSocket', 'Connection: upgrade', @rest], \@asks],
    ['none: what else is in Connection is of the hop',
        ['Upgrade: websocket', 'Connection: keep-alive, Upgrade', @rest], \@asks],
    ['stock would forward what upgrade=ANY lets through', ['Upgrade: h2c', 'Connection: Upgrade'], []],
);

# Each server has all arrangements once for each value of AllowEncodedSlashes.
sub configuration {
    my ($port, $told, $vhost) = @_;
    my $text = '';
    for my $value (@slashes) {
        $text .= join "\n", "<VirtualHost *:$port>", "ServerName \L$value.test", "AllowEncodedSlashes $value",
          'RewriteEngine On', 'SSLProxyEngine On', 'SSLProxyVerify none', 'SSLProxyCheckPeerName off',
          'ProxyPassInterpolateEnv On', 'SetEnvIf Host (.*) WHERE=in', $vhost, '';
        for my $i (0 .. $#arrangements) {
            my $name = "\L$value$i";
            my %is   = (p => "/$name", n => $name, b => "127.0.0.1:$raw/$name", e => "127.0.0.1:$tls/$name",
                u => $told ? 'upgrade=websocket' : '', s => $told ? 'ws' : 'http');
            $text .= $arrangements[$i][1] =~ s/%([pnbeus])/$is{$1}/gr . "\n";
        }
        $text .= "</VirtualHost>\n";
    }
    return $text;
}

sub server {
    my ($told, $vhost, @option) = @_;
    my @modules = qw(authz_core alias dir env setenvif headers rewrite ssl socache_shmcb proxy proxy_http
      proxy_balancer lbmethod_byrequests slotmem_shm);
    my $server = Server->new(modules => \@modules, @option);
    return $server->configure("MaxKeepAliveRequests 0\nKeepAliveTimeout 60\n"
          . configuration($server->{port}, $told, $vhost))->start;
}

# The answers to some requests, [status, fields, body]. The body is the head that the backend has
# got, or is httpd's own.
sub answers {
    my ($server, @requests) = @_;
    my ($connection, @answers);
    for my $request (@requests) {
        $connection ||= connect_to($server->{port});
        print $connection $request;
        my $answer = answer_from($connection);
        my @fields = map { "$_->[0]: $_->[1]" } grep { $_->[0] ne 'Date' } @{ $answer->{fields} };
        $answer->{body} = do { local $/; <$connection> } if $answer->{status} == 101;
        undef $connection
          if !$answer->{status} || $answer->{status} == 101 || grep { /^Connection:.*close/ } @fields;
        push @answers, [$answer->{status}, join("\n", sort @fields), $answer->{body}];
    }
    return @answers;
}

sub request {
    my ($value, $i, $path, @lines) = @_;
    return join "\r\n", "GET /\L$value\E$i$path HTTP/1.1", "Host: \L$value\E.test", @lines, '', '';
}

# Compares what comes of the requests to both. How many of them have reached the backend.
sub compare {
    my ($what, $one, $requests, $other, $others) = @_;
    # Another request may be answered in other fields.
    my $text     = sub { map { join "\n", $_->[0], $others ? () : $_->[1], $_->[2] } @_ };
    my @got      = $text->(answers($one,   @$requests));
    my @expected = $text->(answers($other, @{ $others || $requests }));
    my ($differs) = grep { $got[$_] ne $expected[$_] } 0 .. $#got;
    if (defined $differs) {
        is $got[$differs], $expected[$differs], "$what: " . substr $requests->[$differs], 0, 60;
        return 0;
    }
    pass "$what: as stock httpd";
    return scalar grep { /^X-Show-Head: /m } @expected;
}

my $kept  = server(0, 'UpgradeKeep WebSocket', helper => 1);
my $event = server(0, "UpgradeKeep WebSocket\nUpgradeTunnel event", helper => 1);
my $stock = server(0, '', policy => 0);
my $told  = server(1, '', policy => 0);

my $show = 'X-Show-Head: yes';

for my $i (0 .. $#arrangements) {
    my $name = $arrangements[$i][0];
    for my $value (@slashes) {
        my $plain = [map { request($value, $i, $_, $show) } @paths];
        my $shake = [map { request($value, $i, $_, handshake, $show) } @paths];
        my %reached = (
            plain     => compare("$name, $value, plain",     $kept, $plain, $stock),
            handshake => compare("$name, $value, handshake", $kept, $shake, $told),
            # How the path is made does not depend on who carries the tunnel: one value will do.
            $value eq 'NoDecode' ? (event => compare("$name, $value, event", $event, $shake, $told)) : (),
        );
        cmp_ok $reached{$_}, '>', @paths / 2, "$name, $value, $_: most paths reach the backend"
          for sort keys %reached;
    }

    my $one = sub { request('Off', $i, '/a/b?c', @_) };
    my $plain = [map { $one->(@$_[1 .. $#$_], $show) } @fields];
    my $shake = [map { $one->(@$_[1 .. $#$_], handshake, $show) } @fields];
    is compare("$name, fields, plain",     $kept,  $plain, $stock), @fields, "$name, fields, plain: sent";
    is compare("$name, fields, handshake", $kept,  $shake, $told),  @fields, "$name, fields, handshake: sent";
    is compare("$name, fields, event",     $event, $shake, $told),  @fields, "$name, fields, event: sent";

    for my $server ($kept, $event) {
        my $switch = [$one->(handshake, 'X-Show-Head: switch')];
        is compare("$name, a switch", $server, $switch, $told), 1, "$name: switched";
        is compare("$name, differences", $server, [map { $one->(@{ $_->[1] }, $show) } @differences], $told,
            [map { $one->(@{ $_->[2] }, $show) } @differences]), @differences, "$name, differences: sent";
    }
}
$_->stop for $kept, $event, $stock, $told;

# A section that matches makes httpd forget what the server says about slashes; one of ours
# does that no more and no less than any other.
{
    my $section = server(0, "<Location />\nUpgradeKeep WebSocket\n</Location>", helper => 1);
    my $other   = server(0, "<Location />\nSetEnv OTHER 1\n</Location>", policy => 0);
    for my $value (@slashes) {
        is compare("in a section, $value", $section, [request($value, 0, '/a%2Fb', $show)], $other),
          $value eq 'Off' ? 0 : 1, "in a section, $value: sent";
    }
    $_->stop for $section, $other;
}

done_testing;
