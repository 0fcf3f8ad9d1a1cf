# What answers and pages tell to whoever asks: no path of the file system, no proxied address, no
# value of a field that may be a secret.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wire;

my $root = Apache::Test::vars('documentroot');

# A section with these lines in it, a policy where none are given
sub section {
    my ($opening, @lines) = @_;
    my ($kind) = $opening =~ /^(\w+)/;
    return join "\n", "<$opening>", @lines ? @lines : 'UpgradeRequire WebSocket', "</$kind>";
}

# [lines of the configuration, the URL, the default name]; %s is the number of the first line,
# and "concealed" must be told nowhere.
my @sections = (
    [section("Directory $root/dir"), '/dir/index.html', '<Directory> httpd.conf:%s'],
    [section("Directory \"$root/di?\""), '/dir/', '<Directory> httpd.conf:%s'],
    [section("Directory ~ \"^$root/(dir|concealed)/\""), '/dir/', '<Directory> httpd.conf:%s'],
    [section("DirectoryMatch \"^$root/(dir|concealed)/\""), '/dir/', '<DirectoryMatch> httpd.conf:%s'],
    [section("Directory $root/dir", section('IfModule core.c')), '/dir/', '<Directory> httpd.conf:%s'],
    [section("Directory $root/dir", section('Files index.html')), '/dir/', 'index.html'],
    [section('FilesMatch "^index"'), '/dir/', '^index'],
    [section("Directory $root/dir", section("If \"-n '$root/concealed'\"")), '/dir/', '<If> httpd.conf:+1'],
    [section('Location /dir'), '/dir/', '/dir'],
    [section('LocationMatch "^/di"'), '/dir/', '^/di'],
    [join("\n", section('Macro concealed $folder', section('Directory $folder')),
            "Use concealed $root/health", "Use concealed $root/dir"),
        '/dir/', '<Directory> httpd.conf:+6:1'],
    [join("\n", section('Macro concealed $word', 'UpgradeRequire $word'),
            section("Directory $root/dir", 'Use concealed WebSocket')),
        '/dir/', '<Directory> httpd.conf:+3'],
    [join("\n", section('Proxy "http://concealed.test:8080/"'), 'ProxyPass /x http://concealed.test:8080/'),
        '/x', '<Proxy> httpd.conf:%s'],
    [section("Directory $root/dir", 'UpgradeRequire WebSocket', 'UpgradeName mine'), '/dir/', 'mine'],
);

my $pages = join "\n", section('Location /status', 'SetHandler upgrade-status'),
  section('Location /probe', 'SetHandler upgrade-probe'), '';
my @pages = ((map { "/probe?format=$_" } qw(json text html)),
    (map { "/status?format=$_" } qw(openmetrics json html)));

for my $case (@sections) {
    my ($text, $url, $name) = @$case;
    my $server = Server->new(modules => [qw(authz_core alias dir macro proxy proxy_http)]);
    $server->configure($pages . $text);
    my $first = first_line($server, (split /\n/, $text)[0]);
    $name =~ s/%s/$first/;
    $name =~ s/\+(\d+)/$first + $1/e;
    $server->start;
    my ($refused, @told) = map { $server->ask("GET $_ HTTP/1.1") } $url, @pages;
    is json_of($refused)->{policy}, $name, "$name: the name in the body";
    ok grep({ $_->{policy} eq $name } @{ json_of($told[0])->{policies} }), "$name: in the probe";
    like $told[3]{body}, qr/policy="\Q$name\E"/, "$name: in the metrics";
    for my $secret ($root, 'concealed', $server->{folder}) {
        my @telling = grep { $_->{body} =~ /\Q$secret\E/ } $refused, @told;
        is scalar @telling, 0, "$name: $secret is not told" or diag $telling[0]{body};
    }
}

sub first_line {
    my ($server, $line) = @_;
    open my $file, '<', "$server->{folder}/httpd.conf" or die $!;
    my @lines = <$file>;
    my ($found) = grep { $lines[$_ - 1] eq "$line\n" } 1 .. @lines;
    return $found // die "$line is not there";
}

# The probe: which fields have their values told, of every family that has names of its own
{
    my @websocket = qw(Token Auth Key1 Key2 Keys K Protocols Origin Location Draft Authorization Jwt
      Protocol-Token);
    my @forwarded = qw(Access-Token Email User Groups Client-Cert Tls-Client-Cert Fors);
    my %fields = (
        'Sec-WebSocket-Key'        => 'secret-1',
        'Sec-WebSocket-Version'    => 'secret-2',
        'Sec-WebSocket-Protocol'   => 'secret-3',
        'Sec-WebSocket-Extensions' => 'secret-4',
        'Sec-WebSocket-Accept'     => 'secret-5',
        'Cookie'                   => 'secret-6',
        'Authorization'            => 'secret-7',
        'X-Api-Key'                => 'secret-8',
        'Sec-WebSocketToken'       => 'secret-9',
        'Proxy-Authorization'      => 'secret-10',
        map({ ("Sec-WebSocket-$_" => "secret-$_") } @websocket),
        map({ ("X-Forwarded-$_" => "secret-$_") } @forwarded),
    );
    my %told = map { ("Sec-WebSocket-$_" => 1) } qw(Key Version Protocol Extensions Accept);
    my $server = Server->new->configure($pages)->start;
    my @lines = map { "$_: $fields{$_}" } sort keys %fields;
    my $report = json_of($server->ask('GET /probe?format=json HTTP/1.1', @lines));
    my %seen = map { ($_->{name} => $_->{value}) } @{ $report->{fields} };
    for my $name (sort keys %fields) {
        my $named = $name =~ /^(?:Sec-WebSocket|X-Forwarded)-/ ? '(not shown)' : undef;
        is $seen{$name}, $told{$name} ? $fields{$name} : $named, "$name: what is told";
    }
    for my $form (qw(text html json)) {
        my $body = $server->ask("GET /probe?format=$form HTTP/1.1", @lines)->{body};
        my %values = map { ($_ => 1) } $body =~ /(secret-[\w-]+)/g;
        is_deeply [sort keys %values], [map { "secret-$_" } 1 .. 5], "$form: these and no others";
    }
}

# Clients that are counted: what the pages of the counters tell of a refused request.
{
    my $server = Server->new(modules => [qw(authz_core alias dir remoteip)]);
    my $counting = "RemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1\nUpgradeCountClients on\n";
    $server->configure("$pages\n$counting" . section('Location /refused', 'UpgradeRequire WebSocket'))->start;
    my @lines = ('User-Agent: Told/secret-1 (secret-2) secret-3/4', map { "$_: secret-$_" }
          qw(Cookie Authorization Referer Origin From X-Forwarded-For Forwarded Accept-Language));
    $server->ask('GET /refused?secret-query HTTP/1.1', "X-Client: $_", 'Host: secret-host', @lines)
      for qw(198.51.100.77 2001:db8:7:7777:7::77);
    my @told = map { $server->ask("GET /status?format=$_ HTTP/1.1")->{body} }
      qw(json html openmetrics prometheus);
    my ($json) = json_of({ body => $told[0] })->{clients}[0]{largest};
    is_deeply $json,
      [map { { network => $_, product => 'Told', requests => 1 } } '198.51.100.0/24', '2001:db8:7:7700::/56'],
      'clients that are counted: networks, and the first word of User-Agent';
    is_deeply [grep { /secret|198\.51\.100\.77|7777|::77/ } @told], [], 'and nothing else';
    is_deeply [map { /Told|198\.51/ ? 1 : 0 } @told], [1, 1, 0, 0], 'and not in the metrics';
}

done_testing;
